// A queue of people, each known by a name, who are called in the order in which they came.
//# Line = name("WaitingLine", "Reception", "TicketQueue", "Counter")
//# line = name("line", "queue", "waiting")
//# join = name("join", "enter", "enqueue", "arrive")
//# serve = name("serve", "next", "callNext", "dequeue")
//# person = name("person", "guest", "visitor", "client")
public class $Line$ {
    private final LinkedList<String> $line$ = new LinkedList<>();

    /** Returns the place in the queue, counted from one. */
    public int $join$(String $person$) {
        $line$.addLast($person$);
        return $line$.size();
    }

    /** Returns null when nobody waits. */
    public String $serve$() {
        return $line$.poll();
    }

    public int ahead(String $person$) {
        return $line$.indexOf($person$);
    }

    public boolean leave(String $person$) {
        return $line$.remove($person$);
    }

    public List<String> snapshot() {
        return new ArrayList<>($line$);
    }
}

class $Line$Test {
    //# one, two = words(2)
    //@ focal $join$
    @Test
    public void $join$ReturnsThePlace() {
        $Line$ desk = new $Line$();
        assertEquals(1, desk.$join$($one$));
        assertEquals(2, desk.$join$($two$));
    }

    //# one, two = words(2)
    //@ focal $serve$
    @Test
    public void $serve$KeepsTheOrder() {
        $Line$ desk = new $Line$();
        desk.$join$($one$);
        desk.$join$($two$);
        assertEquals($one$, desk.$serve$());
        assertEquals($two$, desk.$serve$());
        assertNull(desk.$serve$());
    }

    //# everyone = words(4)
    //# place = integer(0, 3)
    //# wanted = everyone[place]
    //@ focal ahead
    @Test
    public void countsThoseAhead() {
        $Line$ desk = new $Line$();
        for (String each : Arrays.asList($everyone$)) {
            desk.$join$(each);
        }
        assertEquals($place$, desk.ahead($wanted$));
    }

    //# one, two = words(2)
    //@ focal leave
    @Test
    public void leavingTwiceIsRefused() {
        $Line$ desk = new $Line$();
        desk.$join$($one$);
        desk.$join$($two$);
        assertTrue(desk.leave($one$));
        assertFalse(desk.leave($one$));
        assertTrue(desk.snapshot().contains($two$));
        assertThat(desk.snapshot(), not(hasItem($one$)));
    }

    //# one, two = words(2)
    //@ focal snapshot
    @Test
    public void snapshotIsACopy() {
        $Line$ desk = new $Line$();
        desk.$join$($one$);
        List<String> before = desk.snapshot();
        desk.$join$($two$);
        assertNotNull(before);
        assertEquals("unchanged", 1, before.size());
        assertNotSame(before, desk.snapshot());
    }
}
