// Tells listeners about what happens.
//# EventBus = name("EventBus", "NewsDesk", "Notifier", "Announcer")
//# bus = name("bus", "desk", "channel")
//# listen = name("subscribe", "listen", "addListener", "on")
//# publish = name("publish", "fire", "announce", "emit")
//# last = name("last", "latest", "mostRecent")
public class $EventBus$ {
    private final List<Consumer<String>> listeners = new ArrayList<>();
    private String $last$;

    public int $listen$(Consumer<String> listener) {
        listeners.add(listener);
        return listeners.size();
    }

    public int $publish$(String event) {
        $last$ = event;
        for (Consumer<String> listener : listeners) {
            listener.accept(event);
        }
        return listeners.size();
    }

    public boolean remove(Consumer<String> listener) {
        return listeners.remove(listener);
    }

    public String $last$() {
        return $last$;
    }
}

class $EventBus$Test {
    //# event = word()
    //@ focal $publish$
    @Test
    public void everyListenerHearsIt() {
        $EventBus$ $bus$ = new $EventBus$();
        List<String> heard = new ArrayList<>();
        $bus$.$listen$(heard::add);
        assertEquals(1, $bus$.$publish$($event$));
        assertEquals($event$, heard.get(0));
        assertThat(heard, hasItem($event$));
    }

    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //@ focal $publish$
    @Test
    public void $last$IsTheNewest() {
        $EventBus$ $bus$ = new $EventBus$();
        assertNull($bus$.$last$());
        $bus$.$publish$($a$);
        $bus$.$publish$($b$);
        assertNotNull($bus$.$last$());
        assertEquals($b$, $bus$.$last$());
    }

    //# n = integer(1, 8)
    //# calls = n + 1
    //@ focal $listen$
    @Test
    public void $listen$CountsListeners() {
        $EventBus$ $bus$ = new $EventBus$();
        for (int i = 0; i < $n$; i++) {
            $bus$.$listen$(event -> { });
        }
        assertEquals($calls$, $bus$.$listen$(event -> { }));
    }

    //# event = word()
    //@ focal remove
    @Test
    public void removedListenersHearNothing() {
        $EventBus$ $bus$ = new $EventBus$();
        Consumer<String> listener = event -> fail(event);
        $bus$.$listen$(listener);
        assertTrue($bus$.remove(listener));
        assertEquals("nobody listens", 0, $bus$.$publish$($event$));
    }
}
