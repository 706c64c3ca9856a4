// An endless sequence of numbers that grows by the same step every time.
//# Progression = name("Progression", "Stepper", "Ticker", "Numbering")
//# seq = name("seq", "steps", "it", "numbers")
//# advance = name("next", "advance", "step", "draw")
//# peek = name("peek", "current", "value", "upcoming")
//# skip = name("skip", "jump", "drop", "pass")
//# take = name("take", "list", "several", "collect")
public class $Progression$ {
    private int current;
    private final int step;

    public $Progression$(int current, int step) {
        this.current = current;
        this.step = step;
    }

    public int $advance$() {
        int result = current;
        current += step;
        return result;
    }

    public int $peek$() {
        return current;
    }

    public $Progression$ $skip$(int count) {
        current += count * step;
        return this;
    }

    public List<Integer> $take$(int count) {
        List<Integer> result = new ArrayList<>();
        while (result.size() < count) {
            result.add($advance$());
        }
        return result;
    }

    public boolean isRising() {
        return step > 0;
    }
}

class $Progression$Test {
    //# a = integer(0, 30)
    //# d = integer(1, 10)
    //# b = a + d
    //@ focal $advance$
    @Test
    public void $advance$GrowsByTheStep() {
        $Progression$ $seq$ = new $Progression$($a$, $d$);
        assertEquals($a$, $seq$.$advance$());
        assertEquals($b$, $seq$.$advance$());
    }

    //# a = integer(0, 30)
    //# d = integer(1, 6)
    //# n = integer(2, 5)
    //# b = a + n * d
    //@ focal $skip$
    @Test
    public void $skip$SomeNumbers() {
        $Progression$ $seq$ = new $Progression$($a$, $d$);
        assertSame($seq$, $seq$.$skip$($n$));
        assertEquals($b$, $seq$.$peek$());
    }

    //# a = integer(0, 30)
    //# d = integer(1, 9)
    //# b = a + d
    //# c = a + 2 * d
    //@ focal $take$
    @Test
    public void $take$TheFirstThree() {
        List<Integer> result = new $Progression$($a$, $d$).$take$(3);
        assertNotNull(result);
        assertEquals(Arrays.asList($a$, $b$, $c$), result);
    }

    //# a = integer(0, 30)
    //# d = integer(1, 9)
    //# n = integer(1, 12)
    //@ focal $take$
    @Test
    public void asManyAsWanted() {
        $Progression$ $seq$ = new $Progression$($a$, $d$);
        assertNotNull($seq$.$take$($n$));
        assertEquals($n$, $seq$.$take$($n$).size());
        assertTrue($seq$.$take$(0).isEmpty());
    }

    //# a = integer(0, 30)
    //# d = integer(-9, 9)
    //# verdict = code("assertTrue" if d > 0 else "assertFalse")
    //@ focal isRising
    @Test
    public void testIsRising() {
        $Progression$ $seq$ = new $Progression$($a$, $d$);
        assertEquals($a$, $seq$.$peek$());
        $verdict$($seq$.isRising());
    }
}
