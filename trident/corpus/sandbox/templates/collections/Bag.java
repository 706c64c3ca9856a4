// A bag that counts how many of each kind of thing it holds.
//# Bag = name("Bag", "Basket", "Inventory", "MultiSet")
//# bag = lower(Bag)
//# counts = name("counts", "amounts", "stock", "tally")
//# put = name("put", "add", "insert", "drop")
//# count = name("count", "howMany", "amountOf", "occurrences")
public class $Bag$ {
    private final Map<String, Integer> $counts$ = new TreeMap<>();

    public void $put$(String thing, int times) {
        $counts$.merge(thing, times, Integer::sum);
    }

    public int $count$(String thing) {
        return $counts$.getOrDefault(thing, 0);
    }

    public int total() {
        int total = 0;
        for (int amount : $counts$.values()) {
            total += amount;
        }
        return total;
    }

    public boolean takeOne(String thing) {
        int present = $count$(thing);
        if (present == 0) {
            return false;
        }
        $counts$.put(thing, present - 1);
        return true;
    }

    public Set<String> kinds() {
        return $counts$.keySet();
    }
}

class $Bag$Test {
    //# thing, other = words(2)
    //# a, b = integers(2, 1, 20)
    //# both = a + b
    //@ focal $put$
    @Test
    public void $put$AddsToTheAmount() {
        $Bag$ $bag$ = new $Bag$();
        $bag$.$put$($thing$, $a$);
        $bag$.$put$($thing$, $b$);
        assertEquals($both$, $bag$.$count$($thing$));
        assertEquals(0, $bag$.$count$($other$));
        assertTrue($bag$.kinds().contains($thing$));
    }

    //# thing, other = words(2)
    //# a, b = integers(2, 1, 25)
    //# both = a + b
    //@ focal total
    @Test
    public void totalOverAllKinds() {
        $Bag$ $bag$ = new $Bag$();
        $bag$.$put$($thing$, $a$);
        $bag$.$put$($other$, $b$);
        assertEquals("total", $both$, $bag$.total());
    }

    //# thing = word()
    //# present = integer(1, 40)
    //# left = present - 1
    //@ focal takeOne
    @Test
    public void takeOneLeavesTheRest() {
        $Bag$ $bag$ = new $Bag$();
        $bag$.$put$($thing$, $present$);
        assertTrue($bag$.takeOne($thing$));
        assertEquals($left$, $bag$.$count$($thing$));
    }

    //# thing, missing = words(2)
    //# times = integer(1, 9)
    //@ focal takeOne
    @Test
    public void cannotTakeWhatIsNotThere() {
        $Bag$ $bag$ = new $Bag$();
        $bag$.$put$($thing$, $times$);
        assertFalse($bag$.takeOne($missing$));
        assertEquals($times$, $bag$.total());
    }

    //# thing, other = words(2)
    //# a, b = integers(2, 1, 9)
    //@ focal kinds
    @Test
    public void kindsAreListedOnce() {
        $Bag$ $bag$ = new $Bag$();
        $bag$.$put$($thing$, $a$);
        $bag$.$put$($thing$, $b$);
        assertNotNull($bag$.kinds());
        assertEquals(1, $bag$.kinds().size());
        assertThat($bag$.kinds(), hasItem($thing$));
        assertFalse($bag$.kinds().contains($other$));
    }
}
