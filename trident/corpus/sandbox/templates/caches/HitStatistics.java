// Counts how often a cache could answer from memory.
//# Stats = name("HitStatistics", "CacheStats", "HitCounter", "LookupLog")
//# stats = name("stats", "counter", "report")
//# hits = name("hits", "found", "good")
//# misses = name("misses", "failed", "bad")
//# ratio = name("ratio", "hitRate", "share")
public class $Stats$ {
    private final int $hits$;
    private final int $misses$;

    public $Stats$(int $hits$, int $misses$) {
        this.$hits$ = $hits$;
        this.$misses$ = $misses$;
    }

    public $Stats$ record(boolean hit) {
        return hit ? new $Stats$($hits$ + 1, $misses$) : new $Stats$($hits$, $misses$ + 1);
    }

    public int lookups() {
        return $hits$ + $misses$;
    }

    public double $ratio$() {
        return lookups() == 0 ? 0.0 : (double) $hits$ / lookups();
    }

    public $Stats$ plus($Stats$ other) {
        return new $Stats$($hits$ + other.$hits$, $misses$ + other.$misses$);
    }

    public String summary() {
        return $hits$ + " of " + lookups();
    }
}

class $Stats$Test {
    //# total = choice([2, 4, 5, 10, 20])
    //# h = integer(0, total)
    //# m = total - h
    //# rate = h / total
    //@ focal $ratio$
    @Test
    public void $ratio$OfHits() {
        $Stats$ $stats$ = new $Stats$($h$, $m$);
        assertEquals($rate$, $stats$.$ratio$(), 0.001);
        assertTrue($stats$.$ratio$() <= 1);
        assertEquals("no lookups", 0.0, new $Stats$(0, 0).$ratio$(), 0.001);
    }

    //# h, m = integers(2, 0, 30)
    //# hit = boolean()
    //# total = h + m + 1
    //@ focal record
    @Test
    public void recordMakesANewObject() {
        $Stats$ $stats$ = new $Stats$($h$, $m$);
        $Stats$ after = $stats$.record($hit$);
        assertNotNull(after);
        assertNotSame($stats$, after);
        assertEquals($total$, after.lookups());
    }

    //# a, b, c, d = integers(4, 0, 15)
    //# both = a + b + c + d
    //@ focal plus
    @Test
    public void addsUp() {
        $Stats$ $stats$ = new $Stats$($a$, $b$).plus(new $Stats$($c$, $d$));
        assertNotNull($stats$);
        assertEquals($both$, $stats$.lookups());
    }

    //# h, m = integers(2, 0, 30)
    //# total = h + m
    //# text = f"{h} of {total}"
    //@ focal summary
    @Test
    public void summaryInWords() {
        String summary = new $Stats$($h$, $m$).summary();
        assertEquals($text$, summary);
        assertThat(summary, containsString("of"));
    }
}
