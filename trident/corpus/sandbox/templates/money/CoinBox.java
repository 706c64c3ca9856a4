// A box of coins that can tell its value and give change with as few coins as possible.
//# CoinBox = name("CoinBox", "Till", "ChangeMachine", "CashDrawer")
//# box = name("box", "till", "machine", "drawer")
//# insert = name("insert", "drop", "add", "push")
//# value = name("value", "worth", "total")
//# empty = name("empty", "clear", "cashOut")
public class $CoinBox$ {
    private final List<Integer> coins = new ArrayList<>();

    public int $insert$(int coin) {
        coins.add(coin);
        return coins.size();
    }

    public int $value$() {
        return coins.stream().mapToInt(Integer::intValue).sum();
    }

    public boolean isEmpty() {
        return coins.isEmpty();
    }

    public List<Integer> $empty$() {
        List<Integer> out = new ArrayList<>(coins);
        coins.clear();
        return out;
    }

    public int biggest() {
        if (coins.isEmpty()) {
            throw new IllegalStateException("no coins");
        }
        return Collections.max(coins);
    }

    public static List<Integer> change(int amount) {
        List<Integer> result = new ArrayList<>();
        for (int coin : new int[] {10, 5, 2, 1}) {
            while (amount >= coin) {
                result.add(coin);
                amount -= coin;
            }
        }
        return result;
    }
}

class $CoinBox$Test {
    //# first = choice([1, 2, 5, 10, 20, 50])
    //# second = choice([1, 2, 5, 10, 20])
    //# both = first + second
    //@ focal $value$
    @Test
    public void $value$SumsTheCoins() {
        $CoinBox$ $box$ = new $CoinBox$();
        $box$.$insert$($first$);
        $box$.$insert$($second$);
        assertEquals($both$, $box$.$value$());
    }

    //# first = choice([1, 2, 5, 10, 20, 50])
    //# second = choice([1, 2, 5, 10, 20, 50])
    //@ focal $insert$
    @Test
    public void $insert$ReturnsTheNumberOfCoins() {
        $CoinBox$ $box$ = new $CoinBox$();
        assertEquals(1, $box$.$insert$($first$));
        assertEquals(2, $box$.$insert$($second$));
        assertTrue($box$.$value$() > 0);
    }

    //# coin = choice([1, 2, 5, 10, 20, 50])
    //# more = choice([1, 2, 5, 10, 20, 50])
    //# message = choice(["all coins are out", "should be empty", "nothing left"])
    //@ focal $empty$
    @Test
    public void $empty$HandsOutEverything() {
        $CoinBox$ $box$ = new $CoinBox$();
        $box$.$insert$($coin$);
        $box$.$insert$($more$);
        List<Integer> out = $box$.$empty$();
        assertNotNull("handed out", out);
        assertEquals(Arrays.asList($coin$, $more$), out);
        assertTrue($message$, $box$.isEmpty());
    }

    //# coins = sample([1, 2, 5, 10, 20, 50], 3)
    //# first = coins[0]
    //# second = coins[1]
    //# third = coins[2]
    //# top = max(coins)
    //@ focal biggest
    @Test
    public void testBiggest() {
        $CoinBox$ $box$ = new $CoinBox$();
        assertThrows(IllegalStateException.class, () -> $box$.biggest());
        $box$.$insert$($first$);
        $box$.$insert$($second$);
        $box$.$insert$($third$);
        assertEquals($top$, $box$.biggest());
    }

    //# tens = integer(0, 2)
    //# rest = integer(1, 9)
    //# amount = 10 * tens + rest
    //# coins = [10] * tens + {1: [1], 2: [2], 3: [2, 1], 4: [2, 2], 5: [5], 6: [5, 1], 7: [5, 2], 8: [5, 2, 1], 9: [5, 2, 2]}[rest]
    //# result = name("coins", "change", "result", "back", "actual")
    //@ focal change
    @Test
    public void changeUsesFewCoins() {
        List<Integer> $result$ = $CoinBox$.change($amount$);
        assertNotNull($result$);
        assertEquals(Arrays.asList($coins$), $result$);
    }
}
