// An invoice that is open until it has been paid, possibly in parts.
//# Invoice = name("Invoice", "Bill", "Receipt", "Claim")
//# invoice = lower(Invoice)
//# pay = name("pay", "settle", "book", "payPart")
//# open = name("open", "due", "remaining", "rest")
//# customer = name("customer", "client", "buyer", "payer")
//# Customer = upper(customer)
public class $Invoice$ {
    public enum Status { OPEN, PARTIAL, PAID }

    private final String $customer$;
    private final int amount;
    private int paid;

    public $Invoice$(String $customer$, int amount) {
        this.$customer$ = $customer$;
        this.amount = amount;
    }

    public String get$Customer$() {
        return $customer$;
    }

    public int $open$() {
        return amount - paid;
    }

    public int $pay$(int sum) {
        int used = Math.min(sum, $open$());
        paid += used;
        return sum - used;
    }

    public Status getStatus() {
        if (paid == 0) {
            return Status.OPEN;
        }
        return paid < amount ? Status.PARTIAL : Status.PAID;
    }

    public String reminder() {
        if ($open$() == 0) {
            return null;
        }
        return "Dear " + $customer$ + ", please pay " + $open$();
    }
}

class $Invoice$Test {
    //# who = word()
    //# amount = integer(10, 50)
    //# part = integer(1, 9)
    //# rest = amount - part
    //@ focal $open$
    @Test
    public void $open$FallsWithEveryPayment() {
        $Invoice$ $invoice$ = new $Invoice$($who$, $amount$);
        assertEquals($amount$, $invoice$.$open$());
        $invoice$.$pay$($part$);
        assertEquals($rest$, $invoice$.$open$());
    }

    //# who = word()
    //# amount = integer(5, 40)
    //# extra = integer(1, 20)
    //# handed = amount + extra
    //@ focal $pay$
    @Test
    public void $pay$GivesChange() {
        $Invoice$ $invoice$ = new $Invoice$($who$, $amount$);
        int change = $invoice$.$pay$($handed$);
        assertEquals($extra$, change);
        assertEquals(0, $invoice$.$open$());
    }

    //# who = word()
    //# amount = integer(12, 40)
    //# part = integer(1, 11)
    //@ focal getStatus
    @Test
    public void statusChangesWithPayments() {
        $Invoice$ $invoice$ = new $Invoice$($who$, $amount$);
        assertEquals($Invoice$.Status.OPEN, $invoice$.getStatus());
        $invoice$.$pay$($part$);
        assertEquals($Invoice$.Status.PARTIAL, $invoice$.getStatus());
        $invoice$.$pay$($amount$);
        assertEquals($Invoice$.Status.PAID, $invoice$.getStatus());
    }

    //# who = word()
    //# amount = integer(1, 50)
    //@ focal reminder
    @Test
    public void testReminder() {
        $Invoice$ $invoice$ = new $Invoice$($who$, $amount$);
        assertThat($invoice$.reminder(), containsString($who$));
        $invoice$.$pay$($amount$);
        assertNull($invoice$.reminder());
    }

    //# who = word()
    //# amount = integer(1, 50)
    //# message = choice(["no name given", "who pays", "the name is kept"])
    //@ focal get$Customer$
    @Test
    public void testGet$Customer$() {
        $Invoice$ $invoice$ = new $Invoice$($who$, $amount$);
        assertNotNull($message$, $invoice$.get$Customer$());
        assertEquals($who$, $invoice$.get$Customer$());
    }
}
