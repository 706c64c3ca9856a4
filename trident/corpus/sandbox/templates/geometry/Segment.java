// A piece of the number line between two ends; the ends may be given in either order.
//# Segment = name("Segment", "Line", "Bar", "Stretch")
//# segment = name("segment", "line", "bar", "part")
//# start = name("start", "left", "low", "begin")
//# end = name("end", "right", "high")
//# middle = name("middle", "center", "midpoint", "half")
//# cut = name("cut", "splitAt", "divide")
public class $Segment$ {
    private final int from;
    private final int to;

    public $Segment$(int a, int b) {
        from = Math.min(a, b);
        to = Math.max(a, b);
    }

    public int $start$() {
        return from;
    }

    public int $end$() {
        return to;
    }

    public int length() {
        return to - from;
    }

    public double $middle$() {
        return (from + to) / 2.0;
    }

    public List<$Segment$> $cut$(int at) {
        if (at <= from || at >= to) {
            return Collections.singletonList(this);
        }
        return Arrays.asList(new $Segment$(from, at), new $Segment$(at, to));
    }

    public $Segment$ longer($Segment$ other) {
        return other.length() > length() ? other : this;
    }
}

class $Segment$Test {
    //# a = integer(0, 30)
    //# n = integer(1, 20)
    //# b = a + n
    //@ focal length
    @Test
    public void lengthInEitherOrder() {
        assertEquals($n$, new $Segment$($a$, $b$).length());
        assertEquals("the other way round", $n$, new $Segment$($b$, $a$).length());
    }

    //# a = integer(0, 30)
    //# b = integer(0, 30)
    //# expected = (a + b) / 2
    //@ focal $middle$
    @Test
    public void $middle$OfTheEnds() {
        $Segment$ $segment$ = new $Segment$($a$, $b$);
        assertEquals($expected$, $segment$.$middle$(), 0.01);
    }

    //# a = integer(0, 20)
    //# c = a + integer(1, 10)
    //# b = c + integer(1, 10)
    //@ focal $cut$
    @Test
    public void $cut$MakesTwoParts() {
        List<$Segment$> parts = new $Segment$($a$, $b$).$cut$($c$);
        assertNotNull("the parts", parts);
        assertEquals(2, parts.size());
        assertEquals($c$, parts.get(0).$end$());
        assertEquals($b$, parts.get(1).$end$());
    }

    //# a = integer(1, 20)
    //# b = a + integer(1, 20)
    //# c = choice([a, b, b + integer(1, 5), a - 1])
    //@ focal $cut$
    @Test
    public void nothingToCutOutside() {
        $Segment$ $segment$ = new $Segment$($a$, $b$);
        List<$Segment$> parts = $segment$.$cut$($c$);
        assertNotNull(parts);
        assertEquals(1, parts.size());
        assertSame($segment$, parts.get(0));
    }

    //# a = integer(0, 20)
    //# n = integer(1, 10)
    //# b = a + n
    //# c = a + n + integer(1, 9)
    //@ focal longer
    @Test
    public void testLonger() {
        $Segment$ $segment$ = new $Segment$($a$, $b$);
        $Segment$ big = new $Segment$($a$, $c$);
        assertSame(big, $segment$.longer(big));
        assertNotSame($segment$, big.longer($segment$));
    }
}
