// A price reduction in percent, with a few ways of combining reductions.
//# Discount = name("Discount", "Rebate", "Voucher", "PriceCut")
//# discount = lower(Discount)
//# apply = name("apply", "reduce", "lowered", "applyTo")
//# better = name("better", "best", "larger", "bigger")
//# percent = name("percent", "rate", "share")
public class $Discount$ {
    private final int $percent$;

    public $Discount$(int $percent$) {
        this.$percent$ = $percent$;
    }

    public static $Discount$ of(int $percent$) {
        if ($percent$ < 0 || $percent$ > 100) {
            return null;
        }
        return new $Discount$($percent$);
    }

    public int $percent$() {
        return $percent$;
    }

    public int $apply$(int price) {
        return price - price * $percent$ / 100;
    }

    public $Discount$ $better$($Discount$ other) {
        return other.$percent$ > $percent$ ? other : this;
    }

    public boolean isFree() {
        return $percent$ == 100;
    }

    public $Discount$ plus($Discount$ other) {
        int sum = $percent$ + other.$percent$;
        return new $Discount$(Math.min(sum, 100));
    }
}

class $Discount$Test {
    //# price = integer(1, 20) * 10
    //# cut = choice([10, 20, 30, 40, 50, 60, 70, 80, 90])
    //# left = price - price * cut // 100
    //@ focal $apply$
    @Test
    public void $apply$LowersThePrice() {
        $Discount$ $discount$ = new $Discount$($cut$);
        assertEquals($left$, $discount$.$apply$($price$));
    }

    //# price = integer(1, 99)
    //@ focal $apply$
    @Test
    public void nothingAndEverything() {
        assertEquals($price$, new $Discount$(0).$apply$($price$));
        assertEquals(0, new $Discount$(100).$apply$($price$));
    }

    //# low = integer(1, 45)
    //# high = low + integer(1, 50)
    //# a = name("small", "weak", "first", "low")
    //# b = name("big", "strong", "second", "high")
    //@ focal $better$
    @Test
    public void $better$PicksTheLarger$Discount$() {
        $Discount$ $a$ = new $Discount$($low$);
        $Discount$ $b$ = new $Discount$($high$);
        assertSame($b$, $a$.$better$($b$));
        assertNotNull($b$.$better$($a$));
    }

    //# good = integer(0, 100)
    //# bad = choice([integer(101, 150), integer(-50, -1)])
    //@ focal of
    @Test
    public void ofChecksThePercentage() {
        assertNotNull($Discount$.of($good$));
        assertNull($Discount$.of($bad$));
    }

    //# one = integer(1, 60)
    //# two = integer(1, 60)
    //# both = min(one + two, 100)
    //@ focal plus
    @Test
    public void plusStopsAtHundred() {
        $Discount$ sum = new $Discount$($one$).plus(new $Discount$($two$));
        assertNotNull(sum);
        assertEquals($both$, sum.$percent$());
    }

    //# cut = choice([100, 100, integer(0, 99)])
    //# price = integer(1, 50)
    //# expected = cut == 100
    //@ focal isFree
    @Test
    public void testIsFree() {
        $Discount$ $discount$ = new $Discount$($cut$);
        assertEquals($expected$, $discount$.isFree());
        assertTrue($discount$.$apply$($price$) <= $price$);
    }
}
