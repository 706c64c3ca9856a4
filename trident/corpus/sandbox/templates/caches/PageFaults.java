// A machine with few memory frames that loads a page when it is needed, first in, first out.
//# Frames = name("PageTable", "FrameSet", "Memory", "FifoCache")
//# frames = name("frames", "loaded", "resident")
//# touch = name("touch", "access", "load", "need")
//# faults = name("faults", "loads", "misses")
//# capacity = name("capacity", "slots", "limit")
public class $Frames$ {
    private final Queue<Integer> $frames$ = new LinkedList<>();
    private final int $capacity$;
    private int $faults$;

    public $Frames$(int $capacity$) {
        this.$capacity$ = $capacity$;
    }

    /** Returns the page that had to make room, or null. */
    public Integer $touch$(int page) {
        if ($frames$.contains(page)) {
            return null;
        }
        $faults$++;
        $frames$.add(page);
        return $frames$.size() > $capacity$ ? $frames$.remove() : null;
    }

    public int run(int... pages) {
        for (int page : pages) {
            $touch$(page);
        }
        return $faults$;
    }

    public boolean holds(int page) {
        return $frames$.contains(page);
    }
}

class $Frames$Test {
    //# first, second, third = distinct(3, 0, 60)
    //@ focal $touch$
    @Test
    public void theFirstMakesRoom() {
        $Frames$ memory = new $Frames$(2);
        assertNull(memory.$touch$($first$));
        memory.$touch$($second$);
        assertEquals(Integer.valueOf($first$), memory.$touch$($third$));
        assertFalse(memory.holds($first$));
    }

    //# frames_ = integer(2, 4)
    //# pages = integers(5, 1, 6)
    //# different = len(set(pages))
    //# require different <= frames_
    //@ focal run
    @Test
    public void eachPageIsLoadedOnce() {
        $Frames$ memory = new $Frames$($frames_$);
        assertEquals($different$, memory.run($pages$));
        assertEquals("nothing new", $different$, memory.run($pages$));
    }

    //# page = integer(0, 99)
    //# room = integer(1, 9)
    //@ focal $touch$
    @Test
    public void aPageStays() {
        $Frames$ memory = new $Frames$($room$);
        assertFalse(memory.holds($page$));
        memory.$touch$($page$);
        assertTrue(memory.holds($page$));
        assertNull("already there", memory.$touch$($page$));
    }
}
