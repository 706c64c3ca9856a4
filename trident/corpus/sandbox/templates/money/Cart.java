// A shopping cart: items with a price each, kept in the order in which they were put in.
//# Cart = name("Cart", "Basket", "ShoppingBag", "Order")
//# cart = name("cart", "basket", "bag", "order")
//# add = name("add", "put", "addItem", "place")
//# total = name("total", "getTotal", "totalPrice", "price")
//# cheapest = name("cheapest", "findCheapest", "bestOffer")
public class $Cart$ {
    private final Map<String, Integer> prices = new LinkedHashMap<>();

    public $Cart$ $add$(String item, int price) {
        prices.put(item, price);
        return this;
    }

    public boolean remove(String item) {
        return prices.remove(item) != null;
    }

    public int size() {
        return prices.size();
    }

    public int $total$() {
        int sum = 0;
        for (int price : prices.values()) {
            sum += price;
        }
        return sum;
    }

    public String $cheapest$() {
        String best = null;
        for (String item : prices.keySet()) {
            if (best == null || prices.get(item) < prices.get(best)) {
                best = item;
            }
        }
        return best;
    }

    public List<String> itemsAbove(int limit) {
        List<String> items = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : prices.entrySet()) {
            if (entry.getValue() > limit) {
                items.add(entry.getKey());
            }
        }
        return items;
    }
}

class $Cart$Test {
    //# items = words(2)
    //# first = items[0]
    //# second = items[1]
    //# one = integer(1, 30)
    //# two = integer(1, 30)
    //# both = one + two
    //@ focal $total$
    @Test
    public void $total$AddsThePrices() {
        $Cart$ $cart$ = new $Cart$();
        assertEquals(0, $cart$.$total$());
        $cart$.$add$($first$, $one$);
        $cart$.$add$($second$, $two$);
        assertEquals($both$, $cart$.$total$());
    }

    //# items = words(2)
    //# first = items[0]
    //# second = items[1]
    //# low = integer(1, 20)
    //# high = low + integer(1, 20)
    //@ focal $cheapest$
    @Test
    public void $cheapest$ReturnsTheLowestPrice() {
        $Cart$ $cart$ = new $Cart$();
        assertNull($cart$.$cheapest$());
        $cart$.$add$($first$, $high$);
        $cart$.$add$($second$, $low$);
        assertEquals($second$, $cart$.$cheapest$());
    }

    //# item = word()
    //# price = integer(1, 40)
    //@ focal $add$
    @Test
    public void $add$ReturnsTheSame$Cart$() {
        $Cart$ $cart$ = new $Cart$();
        $Cart$ result = $cart$.$add$($item$, $price$);
        assertSame($cart$, result);
        assertEquals(1, $cart$.size());
    }

    //# items = words(2)
    //# item = items[0]
    //# missing = items[1]
    //# price = integer(1, 40)
    //@ focal remove
    @Test
    public void testRemove() {
        $Cart$ $cart$ = new $Cart$().$add$($item$, $price$);
        assertFalse($cart$.remove($missing$));
        assertTrue($cart$.remove($item$));
        assertEquals(0, $cart$.size());
    }

    //# items = words(2)
    //# first = items[0]
    //# second = items[1]
    //# limit = integer(5, 30)
    //# low = limit - integer(0, 5)
    //# high = limit + integer(1, 9)
    //@ focal itemsAbove
    @Test
    public void itemsAboveTheLimit() {
        $Cart$ $cart$ = new $Cart$();
        $cart$.$add$($first$, $low$).$add$($second$, $high$);
        List<String> dear = $cart$.itemsAbove($limit$);
        assertNotNull(dear);
        assertEquals("only one is above", 1, dear.size());
        assertThat(dear, hasItem($second$));
    }
}
