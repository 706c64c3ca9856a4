// An account that never goes below zero: a withdrawal either fits or is refused.
//# Account = name("Account", "Wallet", "Purse", "PiggyBank")
//# account = lower(Account)
//# withdraw = name("withdraw", "take", "spend", "payOut")
//# deposit = name("deposit", "save", "payIn", "receive")
//# Deposit = upper(deposit)
//# balance = name("balance", "funds", "cents", "money")
//# Balance = upper(balance)
public class $Account$ {
    private int $balance$;

    public $Account$(int $balance$) {
        this.$balance$ = $balance$;
    }

    public int get$Balance$() {
        return $balance$;
    }

    public boolean $withdraw$(int amount) {
        if (amount > $balance$) {
            return false;
        }
        $balance$ -= amount;
        return true;
    }

    public void $deposit$(int amount) {
        if (amount <= 0) {
            throw new IllegalArgumentException("amount must be positive");
        }
        $balance$ += amount;
    }

    public void transferTo($Account$ other, int amount) {
        if ($withdraw$(amount)) {
            other.$deposit$(amount);
        }
    }
}

class $Account$Test {
    //# start = integer(10, 60)
    //# amount = integer(1, 10)
    //# left = start - amount
    //@ focal $withdraw$
    @Test
    public void $withdraw$LowersThe$Balance$() {
        $Account$ $account$ = new $Account$($start$);
        assertTrue($account$.$withdraw$($amount$));
        assertEquals($left$, $account$.get$Balance$());
    }

    //# start = integer(0, 30)
    //# amount = start + integer(1, 20)
    //# message = choice(["not enough money", "must be refused", "more than there is"])
    //@ focal $withdraw$
    @Test
    public void tooMuchIsRefused() {
        $Account$ $account$ = new $Account$($start$);
        boolean done = $account$.$withdraw$($amount$);
        assertFalse($message$, done);
        assertEquals($start$, $account$.get$Balance$());
    }

    //# start = integer(0, 20)
    //# first = integer(1, 20)
    //# second = integer(1, 20)
    //# after = start + first + second
    //@ focal $deposit$
    @Test
    public void test$Deposit$Twice() {
        $Account$ $account$ = new $Account$($start$);
        $account$.$deposit$($first$);
        $account$.$deposit$($second$);
        assertEquals($after$, $account$.get$Balance$());
    }

    //# start = integer(0, 40)
    //# amount = integer(-9, 0)
    //@ focal $deposit$
    @Test
    public void negativeAmountsAreRefused() {
        $Account$ $account$ = new $Account$($start$);
        assertThrows(IllegalArgumentException.class, () -> $account$.$deposit$($amount$));
        assertEquals($start$, $account$.get$Balance$());
    }

    //# start = integer(5, 40)
    //# amount = integer(1, 5)
    //# other = name("other", "target", "savings", "second")
    //# left = start - amount
    //@ focal transferTo
    @Test
    public void transferMovesTheAmount() {
        $Account$ $account$ = new $Account$($start$);
        $Account$ $other$ = new $Account$(0);
        $account$.transferTo($other$, $amount$);
        assertEquals($left$, $account$.get$Balance$());
        assertEquals("has arrived", $amount$, $other$.get$Balance$());
    }
}
