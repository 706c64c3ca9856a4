// A stack of whole numbers: the last one put on is the first one taken off.
//# Stack = name("NumberStack", "Pile", "Tower", "IntStack")
//# stack = name("stack", "numbers", "pile", "s")
//# items = name("items", "values", "elements")
//# push = name("push", "put", "place", "lay")
//# pop = name("pop", "take", "pull", "removeTop")
public class $Stack$ {
    private final List<Integer> $items$ = new ArrayList<>();

    public void $push$(int value) {
        $items$.add(value);
    }

    public int $pop$() {
        if ($items$.isEmpty()) {
            throw new IllegalStateException("empty");
        }
        return $items$.remove($items$.size() - 1);
    }

    public int depth() {
        return $items$.size();
    }

    public boolean isEmpty() {
        return $items$.isEmpty();
    }

    /** Replaces the two topmost numbers by their sum. */
    public void addTopTwo() {
        int right = $pop$();
        int left = $pop$();
        $push$(left + right);
    }
}

class $Stack$Test {
    //# first, second = distinct(2, 0, 60)
    //@ focal $pop$
    @Test
    public void $pop$ReturnsTheLastValueFirst() {
        $Stack$ $stack$ = new $Stack$();
        $stack$.$push$($first$);
        $stack$.$push$($second$);
        assertEquals($second$, $stack$.$pop$());
        assertEquals($first$, $stack$.$pop$());
        assertTrue($stack$.isEmpty());
    }

    //# counter = name("i", "n", "k")
    //# pushed = integer(3, 25)
    //@ focal $push$
    @Test
    public void $push$GrowsTheStack() {
        $Stack$ $stack$ = new $Stack$();
        for (int $counter$ = 0; $counter$ < $pushed$; $counter$++) {
            $stack$.$push$($counter$);
        }
        assertFalse($stack$.isEmpty());
        assertEquals($pushed$, $stack$.depth());
    }

    //# value = integer(0, 99)
    //@ focal $pop$
    @Test
    public void $pop$FailsOnAnEmptyStack() {
        $Stack$ $stack$ = new $Stack$();
        $stack$.$push$($value$);
        $stack$.$pop$();
        assertTrue($stack$.isEmpty());
        assertThrows(IllegalStateException.class, () -> $stack$.$pop$());
    }

    //# below, left, right = integers(3, 1, 30)
    //# total = left + right
    //@ focal addTopTwo
    @Test
    public void addsTheTwoTopmost() {
        $Stack$ $stack$ = new $Stack$();
        $stack$.$push$($below$);
        $stack$.$push$($left$);
        $stack$.$push$($right$);
        $stack$.addTopTwo();
        assertEquals("one less", 2, $stack$.depth());
        assertEquals($total$, $stack$.$pop$());
    }
}
