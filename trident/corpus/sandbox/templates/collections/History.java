// The pages somebody visited, with steps back and forth like in a browser.
//# History = name("History", "Browser", "Trail", "Tab")
//# history = lower(History)
//# visit = name("visit", "open", "goTo", "navigate")
//# back = name("back", "stepBack", "previous", "goBack")
//# current = name("current", "page", "here")
public class $History$ {
    private final Deque<String> past = new ArrayDeque<>();
    private final Deque<String> future = new ArrayDeque<>();
    private String $current$;

    public void $visit$(String address) {
        if ($current$ != null) {
            past.push($current$);
        }
        $current$ = address;
        future.clear();
    }

    public String $back$() {
        if (!past.isEmpty()) {
            future.push($current$);
            $current$ = past.pop();
        }
        return $current$;
    }

    public String forward() {
        if (!future.isEmpty()) {
            past.push($current$);
            $current$ = future.pop();
        }
        return $current$;
    }

    public boolean canGoForward() {
        return !future.isEmpty();
    }

    public String $current$() {
        return $current$;
    }
}

class $History$Test {
    //# site, other = words(2)
    //@ focal $back$
    @Test
    public void $back$ToTheFirst() {
        $History$ $history$ = new $History$();
        $history$.$visit$($site$);
        $history$.$visit$($other$);
        assertEquals($site$, $history$.$back$());
        assertEquals("no further", $site$, $history$.$back$());
    }

    //# site, other = words(2)
    //@ focal forward
    @Test
    public void forwardUndoesBack() {
        $History$ $history$ = new $History$();
        $history$.$visit$($site$);
        $history$.$visit$($other$);
        $history$.$back$();
        assertEquals($other$, $history$.forward());
        assertEquals($other$, $history$.$current$());
    }

    //# a, b, c = words(3)
    //@ focal $visit$
    @Test
    public void $visit$ForgetsTheFuture() {
        $History$ $history$ = new $History$();
        $history$.$visit$($a$);
        $history$.$visit$($b$);
        $history$.$back$();
        assertTrue($history$.canGoForward());
        $history$.$visit$($c$);
        assertFalse($history$.canGoForward());
    }

    //# site = word()
    //@ focal $visit$
    @Test
    public void startsNowhere() {
        $History$ $history$ = new $History$();
        assertNull($history$.$current$());
        $history$.$visit$($site$);
        assertNotNull("a page is shown", $history$.$current$());
    }
}
