// Counts how often each value was seen.
//# Histogram = name("Histogram", "Tally", "FrequencyTable", "Counts")
//# hist = name("hist", "tally", "table", "counts")
//# add = name("add", "register", "observe", "see")
//# count = name("count", "frequency", "times", "timesSeen")
//# mode = name("mode", "mostFrequent", "top", "winner")
public class $Histogram$ {
    private final TreeMap<Integer, Integer> bins = new TreeMap<>();

    public void $add$(int... values) {
        for (int value : values) {
            bins.merge(value, 1, Integer::sum);
        }
    }

    public int $count$(int value) {
        return bins.getOrDefault(value, 0);
    }

    public Integer $mode$() {
        Integer best = null;
        for (Integer value : bins.keySet()) {
            if (best == null || bins.get(value) > bins.get(best)) {
                best = value;
            }
        }
        return best;
    }

    public Set<Integer> values() {
        return bins.keySet();
    }

    public String bar(int value) {
        StringBuilder bar = new StringBuilder();
        for (int i = 0; i < $count$(value); i++) {
            bar.append('#');
        }
        return bar.toString();
    }
}

class $Histogram$Test {
    //# p = distinct(3, 1, 40)
    //# a = p[0]
    //# b = p[1]
    //# c = p[2]
    //# values = shuffled([a, a, b])
    //@ focal $count$
    @Test
    public void $count$OfEachValue() {
        $Histogram$ $hist$ = new $Histogram$();
        $hist$.$add$($values$);
        assertEquals(2, $hist$.$count$($a$));
        assertEquals(1, $hist$.$count$($b$));
        assertEquals(0, $hist$.$count$($c$));
    }

    //# p = distinct(2, 1, 40)
    //# a = p[0]
    //# values = shuffled([p[0], p[0], p[1]])
    //@ focal $mode$
    @Test
    public void $mode$IsTheMostFrequent() {
        $Histogram$ $hist$ = new $Histogram$();
        assertNull($hist$.$mode$());
        $hist$.$add$($values$);
        assertNotNull($hist$.$mode$());
        assertEquals($a$, $hist$.$mode$().intValue());
    }

    //# n = integer(2, 4)
    //# p = distinct(n, 0, 40)
    //# a = p[0]
    //@ focal values
    @Test
    public void valuesAreKeptOnce() {
        $Histogram$ $hist$ = new $Histogram$();
        $hist$.$add$($p$);
        $hist$.$add$($a$);
        assertThat($hist$.values(), hasItem($a$));
        assertEquals("each value once", $n$, $hist$.values().size());
    }

    //# n = integer(1, 5)
    //# value = integer(0, 60)
    //# other = value + 1
    //# values = [value] * n
    //# text = "#" * n
    //@ focal bar
    @Test
    public void barIsAsLongAsTheCount() {
        $Histogram$ $hist$ = new $Histogram$();
        $hist$.$add$($values$);
        assertNotNull($hist$.bar($value$));
        assertEquals($text$, $hist$.bar($value$));
        assertTrue($hist$.bar($other$).isEmpty());
    }

    //# n = integer(1, 4)
    //# value = integer(0, 50)
    //# values = [value] * n
    //# more = n + 1
    //@ focal $add$
    @Test
    public void $add$RaisesTheCount() {
        $Histogram$ $hist$ = new $Histogram$();
        $hist$.$add$($values$);
        assertEquals($n$, $hist$.$count$($value$));
        $hist$.$add$($value$);
        assertEquals($more$, $hist$.$count$($value$));
    }
}
