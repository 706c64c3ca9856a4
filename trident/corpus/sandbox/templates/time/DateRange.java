// The days from one day of the year to another, both included.
//# DateRange = name("DateRange", "Holiday", "Season", "Stay")
//# range_ = name("days", "stay", "trip", "dates")
//# contains = name("contains", "covers", "includes")
//# length = name("length", "days", "count", "duration")
//# overlap = name("overlap", "common", "intersect", "shared")
public class $DateRange$ {
    private final int first;
    private final int last;

    public $DateRange$(int first, int last) {
        if (last < first) {
            throw new IllegalArgumentException("ends before it starts");
        }
        this.first = first;
        this.last = last;
    }

    public int getFirst() {
        return first;
    }

    public int getLast() {
        return last;
    }

    public int $length$() {
        return last - first + 1;
    }

    public boolean $contains$(int day) {
        return day >= first && day <= last;
    }

    public $DateRange$ $overlap$($DateRange$ other) {
        int from = Math.max(first, other.first);
        int to = Math.min(last, other.last);
        return from > to ? null : new $DateRange$(from, to);
    }

    public $DateRange$ shift(int days) {
        return new $DateRange$(first + days, last + days);
    }
}

class $DateRange$Test {
    //# a = integer(1, 60)
    //# n = integer(1, 30)
    //# b = a + n - 1
    //@ focal $length$
    @Test
    public void $length$CountsBothEnds() {
        $DateRange$ $range_$ = new $DateRange$($a$, $b$);
        assertTrue($range_$.$contains$($a$));
        assertEquals("days in all", $n$, $range_$.$length$());
    }

    //# a = integer(1, 40)
    //# b = a + integer(0, 20)
    //# after = b + 1
    //@ focal $contains$
    @Test
    public void $contains$ItsEnds() {
        $DateRange$ $range_$ = new $DateRange$($a$, $b$);
        assertTrue($range_$.$contains$($a$));
        assertTrue($range_$.$contains$($b$));
        assertFalse($range_$.$contains$($after$));
    }

    //# p = distinct(4, 1, 40)
    //# q = sorted(p)
    //# a = q[0]
    //# b = q[1]
    //# c = q[2]
    //# d = q[3]
    //@ focal $overlap$
    @Test
    public void $overlap$OfTwoRanges() {
        $DateRange$ $range_$ = new $DateRange$($a$, $c$);
        $DateRange$ both = $range_$.$overlap$(new $DateRange$($b$, $d$));
        assertNotNull(both);
        assertEquals("starts with the later one", $b$, both.getFirst());
        assertEquals($c$, both.getLast());
    }

    //# p = distinct(4, 1, 40)
    //# q = sorted(p)
    //# a = q[0]
    //# b = q[1]
    //# c = q[2]
    //# d = q[3]
    //# message = choice(["nothing in common", "they do not meet", "far apart"])
    //@ focal $overlap$
    @Test
    public void no$DateRange$InCommon() {
        $DateRange$ early = new $DateRange$($a$, $b$);
        $DateRange$ late = new $DateRange$($c$, $d$);
        assertNull(early.$overlap$(late));
        assertNull($message$, late.$overlap$(early));
    }

    //# a = integer(1, 30)
    //# b = a + integer(0, 9)
    //# n = integer(1, 9)
    //# c = a + n
    //# d = b + n
    //@ focal shift
    @Test
    public void testShift() {
        $DateRange$ moved = new $DateRange$($a$, $b$).shift($n$);
        assertNotNull(moved);
        assertEquals($c$, moved.getFirst());
        assertEquals($d$, moved.getLast());
    }
}
