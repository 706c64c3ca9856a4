// A ring buffer of fixed capacity; once it is full, every new reading overwrites the oldest one.
//# Ring = name("RingBuffer", "Recorder", "RollingLog", "LastReadings")
//# ring = name("ring", "buffer", "recent", "log")
//# slots = name("slots", "data", "cells")
//# record = name("record", "append", "write", "store")
public class $Ring$ {
    private final int[] $slots$;
    private int next;
    private int count;

    public $Ring$(int capacity) {
        $slots$ = new int[capacity];
    }

    public void $record$(int value) {
        $slots$[next] = value;
        next = (next + 1) % $slots$.length;
        count = Math.min(count + 1, $slots$.length);
    }

    public int oldest() {
        return count < $slots$.length ? $slots$[0] : $slots$[next];
    }

    public int newest() {
        return $slots$[(next + $slots$.length - 1) % $slots$.length];
    }

    public boolean isFull() {
        return count == $slots$.length;
    }

    public int size() {
        return count;
    }

    public int[] toArray() {
        int[] copy = new int[count];
        for (int i = 0; i < count; i++) {
            copy[i] = $slots$[(next - count + i + $slots$.length) % $slots$.length];
        }
        return copy;
    }
}

class $Ring$Test {
    //# capacity = integer(3, 9)
    //# written = integer(2, 20)
    //# kept = min(capacity, written)
    //@ focal $record$
    @Test
    public void keepsAtMostItsCapacity() {
        $Ring$ $ring$ = new $Ring$($capacity$);
        for (int i = 1; i <= $written$; i++) {
            $ring$.$record$(i);
        }
        assertEquals($kept$, $ring$.size());
        assertEquals($written$, $ring$.newest());
    }

    //# first, second, third = distinct(3, 0, 50)
    //@ focal oldest
    @Test
    public void oldestIsOverwritten() {
        $Ring$ $ring$ = new $Ring$(2);
        $ring$.$record$($first$);
        $ring$.$record$($second$);
        assertEquals($first$, $ring$.oldest());
        $ring$.$record$($third$);
        assertEquals($second$, $ring$.oldest());
    }

    //# one, two = integers(2, 0, 40)
    //@ focal isFull
    @Test
    public void fillsUp() {
        $Ring$ $ring$ = new $Ring$(2);
        $ring$.$record$($one$);
        assertFalse($ring$.isFull());
        $ring$.$record$($two$);
        assertTrue($ring$.isFull());
    }

    //# capacity = integer(2, 4)
    //# readings = integers(4, 0, 30)
    //# remaining = readings[-capacity:]
    //@ focal toArray
    @Test
    public void toArrayListsOldestFirst() {
        $Ring$ $ring$ = new $Ring$($capacity$);
        for (int reading : new int[] {$readings$}) {
            $ring$.$record$(reading);
        }
        assertNotNull($ring$.toArray());
        assertArrayEquals(new int[] {$remaining$}, $ring$.toArray());
    }
}
