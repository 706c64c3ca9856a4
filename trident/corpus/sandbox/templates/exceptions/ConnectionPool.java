// A pool with a fixed number of things to lend; asking for more than there are is an error.
//# Pool = name("Pool", "ConnectionPool", "BikeRental", "KeyRack")
//# pool = name("pool", "rack", "rental")
//# acquire = name("acquire", "borrow", "take", "lend")
//# release = name("release", "giveBack", "returnOne", "free")
//# idle = name("available", "idle", "unused")
//# Acquire = upper(acquire)
//# Release = upper(release)
public class $Pool$ {
    private final int capacity;
    private int $idle$;
    private boolean closed;

    public $Pool$(int capacity) {
        this.capacity = capacity;
        this.$idle$ = capacity;
    }

    public int $acquire$() {
        if (closed || $idle$ == 0) {
            throw new IllegalStateException("nothing left");
        }
        $idle$--;
        return capacity - $idle$;
    }

    public void $release$() {
        if ($idle$ == capacity) {
            throw new IllegalStateException("nothing was lent");
        }
        $idle$++;
    }

    public boolean close() {
        closed = $idle$ == capacity;
        return closed;
    }

    public int $idle$() {
        return $idle$;
    }
}

class $Pool$Test {
    //# n = integer(3, 40)
    //# left = n - 2
    //@ focal $acquire$
    @Test
    public void $acquire$NumbersWhatIsLent() {
        $Pool$ $pool$ = new $Pool$($n$);
        assertEquals(1, $pool$.$acquire$());
        assertEquals(2, $pool$.$acquire$());
        assertEquals($left$, $pool$.$idle$());
        assertTrue($pool$.$idle$() > 0);
    }

    //@ focal $acquire$
    @Test
    public void anEmpty$Pool$Refuses() {
        $Pool$ $pool$ = new $Pool$(1);
        $pool$.$acquire$();
        assertEquals("empty", 0, $pool$.$idle$());
        assertThrows(IllegalStateException.class, () -> $pool$.$acquire$());
    }

    //# n = integer(1, 50)
    //@ focal $release$
    @Test
    public void $release$Undoes$Acquire$() {
        $Pool$ $pool$ = new $Pool$($n$);
        $pool$.$acquire$();
        $pool$.$release$();
        assertEquals($n$, $pool$.$idle$());
    }

    //# n = integer(1, 30)
    //@ focal $release$
    @Test
    public void cannot$Release$WhatWasNotLent() {
        $Pool$ $pool$ = new $Pool$($n$);
        try {
            $pool$.$release$();
            fail();
        } catch (IllegalStateException e) {
            assertEquals("nothing was lent", e.getMessage());
        }
    }

    //# n = integer(1, 30)
    //@ focal close
    @Test
    public void closesOnlyWhenAllAreBack() {
        $Pool$ $pool$ = new $Pool$($n$);
        $pool$.$acquire$();
        assertFalse($pool$.close());
        $pool$.$release$();
        assertTrue($pool$.close());
    }
}
