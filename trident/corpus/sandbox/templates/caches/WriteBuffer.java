// A write-behind cache: changes wait in memory until they are flushed to the store below.
//# Buffer = name("WriteBuffer", "DirtyCache", "Draft", "Pending")
//# buffer = lower(Buffer)
//# write = name("write", "change", "update", "set")
//# flush = name("flush", "commit", "save", "sync")
//# changes = name("changes", "dirty", "waiting", "edits")
//# saved = name("disk", "saved", "backing", "base")
public class $Buffer$ {
    private final Map<String, Integer> $saved$;
    private final Map<String, Integer> $changes$ = new HashMap<>();

    public $Buffer$(Map<String, Integer> $saved$) {
        this.$saved$ = $saved$;
    }

    public void $write$(String key, int value) {
        $changes$.put(key, value);
    }

    public Integer read(String key) {
        return $changes$.containsKey(key) ? $changes$.get(key) : $saved$.get(key);
    }

    /** Returns how many changes were written. */
    public int $flush$() {
        int count = $changes$.size();
        $saved$.putAll($changes$);
        $changes$.clear();
        return count;
    }

    public void discard() {
        $changes$.clear();
    }

    public boolean isClean() {
        return $changes$.isEmpty();
    }
}

class $Buffer$Test {
    //# key = word()
    //# value = integer(0, 80)
    //@ focal $write$
    @Test
    public void $write$WaitsInMemory() {
        Map<String, Integer> below = new HashMap<>();
        $Buffer$ $buffer$ = new $Buffer$(below);
        $buffer$.$write$($key$, $value$);
        assertFalse($buffer$.isClean());
        assertTrue(below.isEmpty());
        assertEquals($value$, (int) $buffer$.read($key$));
    }

    //# a, b = words(2)
    //# v, w = integers(2, 0, 50)
    //@ focal $flush$
    @Test
    public void $flush$WritesEverything() {
        Map<String, Integer> below = new HashMap<>();
        $Buffer$ $buffer$ = new $Buffer$(below);
        $buffer$.$write$($a$, $v$);
        $buffer$.$write$($b$, $w$);
        assertEquals("changes", 2, $buffer$.$flush$());
        assertTrue($buffer$.isClean());
        assertEquals($w$, (int) below.get($b$));
        assertEquals(0, $buffer$.$flush$());
    }

    //# key = word()
    //# old, fresh = distinct(2, 0, 50)
    //@ focal discard
    @Test
    public void discardGoesBack() {
        Map<String, Integer> below = new HashMap<>();
        below.put($key$, $old$);
        $Buffer$ $buffer$ = new $Buffer$(below);
        $buffer$.$write$($key$, $fresh$);
        $buffer$.discard();
        assertTrue($buffer$.isClean());
        assertEquals(Integer.valueOf($old$), $buffer$.read($key$));
    }

    //# key, unknown = words(2)
    //# value = integer(0, 90)
    //@ focal read
    @Test
    public void readsThrough() {
        $Buffer$ $buffer$ = new $Buffer$(Collections.singletonMap($key$, $value$));
        assertNotNull("from below", $buffer$.read($key$));
        assertNull($buffer$.read($unknown$));
    }
}
