// A length of time in minutes that never changes; adding makes a new one.
//# Duration = name("Duration", "Span", "TimeSpan", "Period")
//# duration = name("duration", "span", "period", "time")
//# plus = name("plus", "add", "extendedBy", "and")
//# minutes = name("minutes", "inMinutes", "toMinutes", "total")
//# format = name("format", "print", "text", "describe")
public class $Duration$ {
    private final int total;

    public $Duration$(int hours, int min) {
        this.total = hours * 60 + min;
    }

    public int $minutes$() {
        return total;
    }

    public int hours() {
        return total / 60;
    }

    public $Duration$ $plus$(int min) {
        return new $Duration$(0, total + min);
    }

    public String $format$() {
        int rest = total % 60;
        return total / 60 + "h " + rest + "m";
    }

    public boolean isLongerThan($Duration$ other) {
        return total > other.total;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof $Duration$ && (($Duration$) o).total == total;
    }

    @Override
    public int hashCode() {
        return total;
    }
}

class $Duration$Test {
    //# before = integer(0, 40)
    //# more = integer(1, 20)
    //# after = before + more
    //# longer = name("longer", "sum", "result", "later")
    //@ focal $plus$
    @Test
    public void $plus$MakesANew$Duration$() {
        $Duration$ $duration$ = new $Duration$(0, $before$);
        $Duration$ $longer$ = $duration$.$plus$($more$);
        assertNotNull("the sum", $longer$);
        assertNotSame($duration$, $longer$);
        assertEquals($after$, $longer$.$minutes$());
    }

    //# h = integer(0, 20)
    //# m = integer(0, 59)
    //# expected = f"{h}h {m}m"
    //@ focal $format$
    @Test
    public void test$Duration$Text() {
        $Duration$ $duration$ = new $Duration$($h$, $m$);
        assertNotNull($duration$.$format$());
        assertEquals($expected$, $duration$.$format$());
    }

    //# h = integer(0, 9)
    //# m = integer(0, 58)
    //# more = integer(m + 1, 59)
    //@ focal isLongerThan
    @Test
    public void isLongerThanComparesMinutes() {
        $Duration$ less = new $Duration$($h$, $m$);
        $Duration$ more = new $Duration$($h$, $more$);
        assertTrue(more.isLongerThan(less));
        assertFalse(less.isLongerThan(more));
    }

    //# h = integer(1, 3)
    //# m = integer(0, 59)
    //# total = h * 60 + m
    //# other = m + 1
    //@ focal equals
    @Test
    public void equalWhenMinutesAreEqual() {
        $Duration$ $duration$ = new $Duration$($h$, $m$);
        assertEquals(new $Duration$(0, $total$), $duration$);
        assertNotEquals(new $Duration$($h$, $other$), $duration$);
    }

    //# h = integer(0, 6)
    //# m = integer(0, 59)
    //# total = 60 * h + m
    //@ focal hours
    @Test
    public void hoursAreRoundedDown() {
        $Duration$ $duration$ = new $Duration$(0, $total$);
        assertEquals($h$, $duration$.hours());
    }
}
