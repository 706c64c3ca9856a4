// Simple statistics over a series of measurements.
//# Statistics = name("Statistics", "Series", "Sample", "Measurements")
//# stats = name("stats", "series", "sample", "data")
//# add = name("add", "append", "measure", "accept")
//# mean = name("mean", "average", "getMean")
//# spread = name("spread", "range", "width", "difference")
//# peak = name("max", "peak", "largest", "highest")
public class $Statistics$ {
    private final List<Integer> values = new ArrayList<>();

    public $Statistics$(Integer... values) {
        this.values.addAll(Arrays.asList(values));
    }

    public boolean $add$(int value) {
        return values.add(value);
    }

    public int count() {
        return values.size();
    }

    public double $mean$() {
        double sum = 0;
        for (int value : values) {
            sum += value;
        }
        return values.isEmpty() ? 0 : sum / values.size();
    }

    public int $peak$() {
        return Collections.max(values);
    }

    public int $spread$() {
        return Collections.max(values) - Collections.min(values);
    }

    public int median() {
        List<Integer> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    public List<Integer> above(int limit) {
        return values.stream().filter(v -> v > limit).collect(Collectors.toList());
    }

    public Optional<Integer> first() {
        return values.stream().findFirst();
    }
}

class $Statistics$Test {
    //# a = integer(0, 30)
    //# b = integer(0, 30)
    //# expected = (a + b) / 2
    //@ focal $mean$
    @Test
    public void $mean$OfTwoValues() {
        assertEquals(0.0, new $Statistics$().$mean$(), 0.001);
        $Statistics$ $stats$ = new $Statistics$($a$, $b$);
        assertEquals($expected$, $stats$.$mean$(), 0.001);
    }

    //# p = distinct(3, 0, 50)
    //# top = max(p)
    //# message = choice(["the largest value", "nothing above it", "top of the list"])
    //@ focal $peak$
    @Test
    public void largestOfThree() {
        $Statistics$ $stats$ = new $Statistics$($p$);
        assertEquals($message$, $top$, $stats$.$peak$());
        assertNotEquals(-1, $stats$.$peak$());
    }

    //# p = distinct(3, 0, 40)
    //# expected = max(p) - min(p)
    //@ focal $spread$
    @Test
    public void $spread$BetweenTheEnds() {
        $Statistics$ $stats$ = new $Statistics$($p$);
        assertTrue($stats$.$spread$() > 0);
        assertEquals("highest minus lowest", $expected$, $stats$.$spread$());
    }

    //# n = choice([3, 5])
    //# p = distinct(n, 0, 40)
    //# expected = sorted(p)[n // 2]
    //@ focal median
    @Test
    public void medianOfAnOddNumber() {
        $Statistics$ $stats$ = new $Statistics$($p$);
        assertEquals($expected$, $stats$.median());
    }

    //# limit = integer(5, 30)
    //# a = limit - integer(0, 5)
    //# b = limit + integer(1, 9)
    //# c = limit + integer(1, 9)
    //@ focal above
    @Test
    public void valuesAboveALimit() {
        List<Integer> found = new $Statistics$($b$, $a$, $c$).above($limit$);
        assertNotNull(found);
        assertEquals(Arrays.asList($b$, $c$), found);
    }

    //# value = integer(0, 60)
    //@ focal first
    @Test
    public void firstMayBeMissing() {
        $Statistics$ $stats$ = new $Statistics$();
        assertNotNull($stats$.first());
        assertFalse($stats$.first().isPresent());
        assertTrue($stats$.$add$($value$));
        assertEquals($value$, $stats$.first().get().intValue());
    }
}
