// A train that takes wagons at both ends: a deque in working clothes.
//# Train = name("Train", "Convoy", "Chain", "Caravan")
//# train = lower(Train)
//# wagons = name("wagons", "parts", "links", "carriages")
//# addFront = name("addFront", "prepend", "attachFront", "pushFirst")
//# addBack = name("addBack", "attach", "attachBack", "pushLast")
public class $Train$ {
    private final Deque<String> $wagons$ = new ArrayDeque<>();

    public $Train$ $addFront$(String wagon) {
        $wagons$.addFirst(wagon);
        return this;
    }

    public $Train$ $addBack$(String wagon) {
        $wagons$.addLast(wagon);
        return this;
    }

    public String dropLast() {
        return $wagons$.pollLast();
    }

    public String head() {
        return $wagons$.peekFirst();
    }

    public int length() {
        return $wagons$.size();
    }

    @Override
    public String toString() {
        return String.join("-", $wagons$);
    }
}

class $Train$Test {
    //# a, b, c = words(3)
    //# shown = f"{c}-{a}-{b}"
    //@ focal toString
    @Test
    public void showsTheWagonsInOrder() {
        $Train$ $train$ = new $Train$();
        $train$.$addBack$($a$).$addBack$($b$).$addFront$($c$);
        assertEquals($shown$, $train$.toString());
    }

    //# a, b = words(2)
    //@ focal $addFront$
    @Test
    public void $addFront$ReturnsTheSame$Train$() {
        $Train$ $train$ = new $Train$();
        assertSame($train$, $train$.$addFront$($a$));
        $train$.$addFront$($b$);
        assertEquals($b$, $train$.head());
    }

    //# stock = words(4)
    //# last = stock[-1]
    //# left = len(stock) - 1
    //@ focal dropLast
    @Test
    public void dropsTheLastOne() {
        $Train$ $train$ = new $Train$();
        for (String wagon : new String[] {$stock$}) {
            $train$.$addBack$(wagon);
        }
        assertEquals($last$, $train$.dropLast());
        assertNotNull($train$.head());
        assertEquals($left$, $train$.length());
    }

    //# only = word()
    //@ focal head
    @Test
    public void emptyHasNoHead() {
        $Train$ $train$ = new $Train$();
        assertNull($train$.head());
        $train$.$addBack$($only$);
        assertNotNull($train$.head());
    }
}
