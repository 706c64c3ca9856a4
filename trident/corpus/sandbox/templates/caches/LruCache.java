// A cache of fixed size that throws out what was not used for the longest time.
//# Cache = name("LruCache", "RecentFirst", "SmallCache", "Shelf")
//# cache = lower(Cache)
//# entries = name("entries", "map", "store", "kept")
//# put = name("put", "store", "save", "remember")
//# get = name("get", "fetch", "recall", "lookup")
public class $Cache$ {
    private final LinkedHashMap<String, Integer> $entries$ = new LinkedHashMap<>();
    private final int capacity;

    public $Cache$(int capacity) {
        this.capacity = capacity;
    }

    public void $put$(String key, int value) {
        $entries$.remove(key);
        if ($entries$.size() == capacity) {
            $entries$.remove($entries$.keySet().iterator().next());
        }
        $entries$.put(key, value);
    }

    /** Returns null on a miss; a hit makes the entry the most recent one. */
    public Integer $get$(String key) {
        Integer value = $entries$.remove(key);
        if (value != null) {
            $entries$.put(key, value);
        }
        return value;
    }

    public boolean holds(String key) {
        return $entries$.containsKey(key);
    }

    public int size() {
        return $entries$.size();
    }
}

class $Cache$Test {
    //# a, b, c = words(3)
    //# v, w, x = integers(3, 0, 50)
    //@ focal $put$
    @Test
    public void theOldestIsEvicted() {
        $Cache$ $cache$ = new $Cache$(2);
        $cache$.$put$($a$, $v$);
        $cache$.$put$($b$, $w$);
        $cache$.$put$($c$, $x$);
        assertFalse($cache$.holds($a$));
        assertTrue($cache$.holds($c$));
    }

    //# a, b, c = words(3)
    //# v, w, x = distinct(3, 0, 50)
    //@ focal $get$
    @Test
    public void aHitKeepsTheEntry() {
        $Cache$ $cache$ = new $Cache$(2);
        $cache$.$put$($a$, $v$);
        $cache$.$put$($b$, $w$);
        assertNotNull($cache$.$get$($a$));
        $cache$.$put$($c$, $x$);
        assertEquals($v$, (int) $cache$.$get$($a$));
        assertNull($cache$.$get$($b$));
    }

    //# limit = integer(1, 12)
    //# written = integer(1, 20)
    //# size = min(limit, written)
    //@ focal $put$
    @Test
    public void neverExceedsItsCapacity() {
        $Cache$ $cache$ = new $Cache$($limit$);
        for (int i = 0; i < $written$; i++) {
            $cache$.$put$("k" + i, i);
        }
        assertEquals($size$, $cache$.size());
    }

    //# key = word()
    //# old, fresh = distinct(2, 0, 60)
    //@ focal $put$
    @Test
    public void $put$ReplacesTheValue() {
        $Cache$ $cache$ = new $Cache$(3);
        $cache$.$put$($key$, $old$);
        $cache$.$put$($key$, $fresh$);
        assertTrue($cache$.holds($key$));
        assertEquals("one entry", 1, $cache$.size());
        assertThat($cache$.$get$($key$), is($fresh$));
    }
}
