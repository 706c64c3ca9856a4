// A cache whose entries die after some seconds; the time is passed in, so that nothing depends on a real clock.
//# Ttl = name("TtlCache", "ExpiringMap", "Fridge", "TimedStore")
//# ttl = name("ttl", "lifetime", "keepFor")
//# cache = name("cache", "timed", "box")
//# put = name("put", "store", "add", "set")
//# get = name("get", "read", "find", "peek")
//# now = name("now", "time", "clock")
public class $Ttl$ {
    private final Map<String, String> values = new HashMap<>();
    private final Map<String, Integer> deadlines = new HashMap<>();
    private final int $ttl$;

    public $Ttl$(int $ttl$) {
        this.$ttl$ = $ttl$;
    }

    /** Returns the moment at which the entry dies. */
    public int $put$(String key, String value, int $now$) {
        values.put(key, value);
        deadlines.put(key, $now$ + $ttl$);
        return $now$ + $ttl$;
    }

    public String $get$(String key, int $now$) {
        return isAlive(key, $now$) ? values.get(key) : null;
    }

    public boolean isAlive(String key, int $now$) {
        return $now$ < deadlines.getOrDefault(key, 0);
    }

    public int remaining(String key, int $now$) {
        return Math.max(0, deadlines.getOrDefault(key, 0) - $now$);
    }

    public int purge(int $now$) {
        int before = values.size();
        values.keySet().removeIf(key -> !isAlive(key, $now$));
        return before - values.size();
    }
}

class $Ttl$Test {
    //# key, value = words(2)
    //# life = integer(5, 30)
    //# start = integer(1, 40)
    //# end = start + life
    //@ focal $put$
    @Test
    public void $put$TellsTheDeadline() {
        $Ttl$ $cache$ = new $Ttl$($life$);
        assertFalse($cache$.isAlive($key$, $start$));
        assertEquals($end$, $cache$.$put$($key$, $value$, $start$));
        assertTrue($cache$.isAlive($key$, $start$));
    }

    //# key, value = words(2)
    //# life = integer(5, 30)
    //# start = integer(1, 20)
    //# early = start + integer(0, life - 1)
    //# late = start + life + integer(0, 9)
    //@ focal $get$
    @Test
    public void $get$OnlyInTime() {
        $Ttl$ $cache$ = new $Ttl$($life$);
        $cache$.$put$($key$, $value$, $start$);
        assertNotNull($cache$.$get$($key$, $start$));
        assertEquals($value$, $cache$.$get$($key$, $early$));
        assertNull("expired", $cache$.$get$($key$, $late$));
    }

    //# key, value = words(2)
    //# life = integer(5, 20)
    //# start = integer(1, 20)
    //# then = start + integer(0, 29)
    //# verdict = code("assertTrue" if then < start + life else "assertFalse")
    //@ focal isAlive
    @Test
    public void livesForAWhile() {
        $Ttl$ $cache$ = new $Ttl$($life$);
        $cache$.$put$($key$, $value$, $start$);
        $verdict$($cache$.isAlive($key$, $then$));
    }

    //# key, value = words(2)
    //# life = integer(10, 30)
    //# passed = integer(0, 40)
    //# left = max(0, life - passed)
    //# message = choice(["time left", "remaining", "seconds", "wrong rest"])
    //@ focal remaining
    @Test
    public void timeRunsOut() {
        $Ttl$ $cache$ = new $Ttl$($life$);
        $cache$.$put$($key$, $value$, 0);
        assertEquals($message$, $left$, $cache$.remaining($key$, $passed$));
    }

    //# a, b, value = words(3)
    //# life = integer(3, 9)
    //# second = integer(1, life)
    //# soon = life
    //# late = life + second
    //@ focal purge
    @Test
    public void purgesTheDead() {
        $Ttl$ $cache$ = new $Ttl$($life$);
        $cache$.$put$($a$, $value$, 0);
        $cache$.$put$($b$, $value$, $second$);
        assertEquals(1, $cache$.purge($soon$));
        assertEquals(1, $cache$.purge($late$));
        assertEquals(0, $cache$.purge($late$));
    }
}
