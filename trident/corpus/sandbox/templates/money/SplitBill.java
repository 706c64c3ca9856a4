// Splits a bill between guests; whoever sits first pays the odd cents.
//# SplitBill = name("SplitBill", "BillSplitter", "Shares", "DinnerBill")
//# split = name("split", "divide", "shares", "distribute")
//# withTip = name("withTip", "addTip", "includingTip")
//# owes = name("owes", "mustPay", "isDebtor")
public class $SplitBill$ {
    public static int[] $split$(int total, int guests) {
        int[] parts = new int[guests];
        for (int i = 0; i < guests; i++) {
            parts[i] = total / guests;
            if (i < total % guests) {
                parts[i]++;
            }
        }
        return parts;
    }

    public static int $withTip$(int total, int tip) {
        return tip < 0 ? total : total + tip;
    }

    public static boolean $owes$(int share, int paid) {
        return paid < share;
    }

    public static Map<String, Integer> assign(List<String> guests, int share) {
        Map<String, Integer> debts = new TreeMap<>();
        for (String guest : guests) {
            debts.merge(guest, share, Integer::sum);
        }
        return debts;
    }
}

class $SplitBill$Test {
    //# guests = integer(2, 4)
    //# total = integer(guests, 60)
    //# parts = [total // guests + (1 if i < total % guests else 0) for i in range(guests)]
    //# local = name("parts", "result", "each", "actual")
    //@ focal $split$
    @Test
    public void $split$SharesTheRest() {
        int[] $local$ = $SplitBill$.$split$($total$, $guests$);
        assertNotNull($local$);
        assertArrayEquals(new int[] {$parts$}, $local$);
    }

    //# guests = integer(2, 9)
    //# share = integer(1, 12)
    //# total = guests * share
    //@ focal $split$
    @Test
    public void evenBill() {
        int[] parts = $SplitBill$.$split$($total$, $guests$);
        assertNotNull(parts);
        assertEquals($guests$, parts.length);
        assertEquals($share$, parts[0]);
    }

    //# total = integer(1, 60)
    //# tip = integer(1, 20)
    //# minus = -integer(1, 9)
    //# after = total + tip
    //@ focal $withTip$
    @Test
    public void $withTip$OnlyAddsPositiveTips() {
        assertEquals($after$, $SplitBill$.$withTip$($total$, $tip$));
        assertEquals($total$, $SplitBill$.$withTip$($total$, $minus$));
    }

    //# share = integer(5, 40)
    //# paid = share + integer(-5, 5)
    //# verdict = code("assertTrue" if paid < share else "assertFalse")
    //# nothing = choice(["nothing left to pay", "has paid", "paid in full"])
    //@ focal $owes$
    @Test
    public void $owes$UntilTheShareIsPaid() {
        $verdict$($SplitBill$.$owes$($share$, $paid$));
        assertFalse($nothing$, $SplitBill$.$owes$($share$, $share$));
    }

    //# people = words(2)
    //# first = people[0]
    //# second = people[1]
    //# share = integer(2, 30)
    //# twice = 2 * share
    //@ focal assign
    @Test
    public void aGuestCanPayForTwo() {
        List<String> guests = Arrays.asList($first$, $second$, $first$);
        Map<String, Integer> debts = $SplitBill$.assign(guests, $share$);
        assertNotNull(debts);
        assertEquals(2, debts.size());
        assertEquals($twice$, (int) debts.get($first$));
        assertEquals($share$, (int) debts.get($second$));
    }
}
