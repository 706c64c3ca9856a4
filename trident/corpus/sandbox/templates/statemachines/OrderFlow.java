// An order that moves from one status to the next, remembers where it was, and can be cancelled until it is shipped.
//# Order = name("Order", "Parcel", "Purchase", "Shipment")
//# order = name("order", "parcel", "item", "delivery")
//# moveTo = name("moveTo", "advance", "setStatus", "goTo")
//# previous = name("previous", "lastStatus", "before")
//# history = name("history", "past", "log")
//# Previous = upper(previous)
public class $Order$ {
    private String status;
    private final List<String> $history$ = new ArrayList<>();

    public $Order$(String status) {
        this.status = status;
    }

    public int $moveTo$(String next) {
        if (!next.equals(status)) {
            $history$.add(status);
            status = next;
        }
        return $history$.size();
    }

    public String $previous$() {
        if ($history$.isEmpty()) {
            return null;
        }
        return $history$.get($history$.size() - 1);
    }

    public boolean cancel() {
        if (status.equals("shipped")) {
            return false;
        }
        status = "cancelled";
        return true;
    }

    public String getStatus() {
        return status;
    }
}

class $Order$Test {
    //# states = sample(["new", "paid", "packed", "shipped", "open", "billed", "checked"], 2)
    //# a = states[0]
    //# b = states[1]
    //@ focal $moveTo$
    @Test
    public void $moveTo$ChangesTheStatus() {
        $Order$ $order$ = new $Order$($a$);
        assertEquals(1, $order$.$moveTo$($b$));
        assertEquals($b$, $order$.getStatus());
        assertEquals($a$, $order$.$previous$());
    }

    //# state = choice(["new", "paid", "packed", "shipped", "open", "billed", "checked"])
    //@ focal $moveTo$
    @Test
    public void sameStatusIsNotAMove() {
        $Order$ $order$ = new $Order$($state$);
        int moves = $order$.$moveTo$($state$);
        assertEquals(0, moves);
        assertNull($order$.$previous$());
    }

    //# states = sample(["new", "paid", "packed", "shipped", "open", "billed", "checked"], 3)
    //# a = states[0]
    //# b = states[1]
    //# c = states[2]
    //@ focal $previous$
    @Test
    public void should$Order$RememberThe$Previous$() {
        $Order$ $order$ = new $Order$($a$);
        $order$.$moveTo$($b$);
        $order$.$moveTo$($c$);
        assertNotNull($order$.$previous$());
        assertEquals($b$, $order$.$previous$());
    }

    //# state = choice("new paid packed open billed checked waiting draft printed signed late ready".split())
    //# message = f"{state} orders may stop"
    //@ focal cancel
    @Test
    public void cancelBeforeShipping() {
        $Order$ $order$ = new $Order$($state$);
        assertTrue($message$, $order$.cancel());
        assertEquals("cancelled", $order$.getStatus());
    }

    //# state = choice(["new", "paid", "packed", "open", "billed", "checked"])
    //@ focal cancel
    @Test
    public void tooLateToCancel() {
        $Order$ $order$ = new $Order$($state$);
        $order$.$moveTo$("shipped");
        assertFalse($order$.cancel());
        assertNotNull($order$.$previous$());
        assertThat($order$.getStatus(), is("shipped"));
    }
}
