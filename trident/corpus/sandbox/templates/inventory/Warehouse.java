// A warehouse that counts how many pieces of each article it holds.
//# Warehouse = name("Warehouse", "Stock", "Storage", "Depot")
//# stock = name("stock", "store", "depot")
//# deliver = name("deliver", "add", "receive", "putIn")
//# remove = name("remove", "take", "withdraw", "sell")
//# amount = name("amount", "countOf", "inStock")
public class $Warehouse$ {
    private final Map<String, Integer> pieces = new HashMap<>();

    public int $deliver$(String article, int count) {
        int before = pieces.getOrDefault(article, 0);
        pieces.put(article, before + count);
        return before + count;
    }

    public boolean $remove$(String article, int count) {
        int before = pieces.getOrDefault(article, 0);
        if (count > before) {
            return false;
        }
        pieces.put(article, before - count);
        return true;
    }

    public int $amount$(String article) {
        return pieces.getOrDefault(article, 0);
    }

    public int total() {
        int sum = 0;
        for (int count : pieces.values()) {
            sum += count;
        }
        return sum;
    }
}

class $Warehouse$Test {
    //# article = choice(["lamp", "chair", "nail", "rope", "tile", "brush"])
    //# a = integer(1, 30)
    //# b = integer(1, 30)
    //# total = a + b
    //@ focal $deliver$
    @Test
    public void $deliver$AddsUp() {
        $Warehouse$ $stock$ = new $Warehouse$();
        assertEquals($a$, $stock$.$deliver$($article$, $a$));
        assertEquals($total$, $stock$.$deliver$($article$, $b$));
    }

    //# article = choice(["lamp", "chair", "nail", "rope", "tile", "brush"])
    //# a = integer(10, 50)
    //# b = integer(1, 10)
    //# left = a - b
    //@ focal $remove$
    @Test
    public void $remove$LeavesTheRest() {
        $Warehouse$ $stock$ = new $Warehouse$();
        $stock$.$deliver$($article$, $a$);
        assertTrue($stock$.$remove$($article$, $b$));
        assertEquals($left$, $stock$.$amount$($article$));
    }

    //# article = choice(["lamp", "chair", "nail", "rope", "tile", "brush"])
    //# a = integer(1, 20)
    //# b = a + integer(1, 10)
    //@ focal $remove$
    @Test
    public void notMoreThanThereIs() {
        $Warehouse$ $stock$ = new $Warehouse$();
        $stock$.$deliver$($article$, $a$);
        assertFalse($stock$.$remove$($article$, $b$));
        assertEquals("nothing was taken", $a$, $stock$.$amount$($article$));
    }

    //# articles = sample(["lamp", "chair", "nail", "rope", "tile"], 2)
    //# one = articles[0]
    //# two = articles[1]
    //# a = integer(1, 30)
    //# b = integer(1, 30)
    //# expected = a + b
    //@ focal total
    @Test
    public void totalOfTwoArticles() {
        $Warehouse$ $stock$ = new $Warehouse$();
        $stock$.$deliver$($one$, $a$);
        $stock$.$deliver$($two$, $b$);
        assertEquals($expected$, $stock$.total());
        assertTrue($stock$.total() > $a$);
    }
}
