// A hand-made singly linked list, node by node.
//# Node = name("Node", "Link", "Cell", "Bead")
//# head = name("head", "start", "first", "node")
//# value = name("value", "item", "payload")
//# rest = name("rest", "next", "tail")
//# reverse = name("reverse", "reversed", "flip")
public class $Node$ {
    final int $value$;
    final $Node$ $rest$;

    public $Node$(int $value$, $Node$ $rest$) {
        this.$value$ = $value$;
        this.$rest$ = $rest$;
    }

    public static $Node$ of(int... numbers) {
        $Node$ result = null;
        for (int i = numbers.length - 1; i >= 0; i--) {
            result = new $Node$(numbers[i], result);
        }
        return result;
    }

    public int length() {
        return $rest$ == null ? 1 : 1 + $rest$.length();
    }

    public $Node$ $reverse$() {
        $Node$ result = null;
        for ($Node$ each = this; each != null; each = each.$rest$) {
            result = new $Node$(each.$value$, result);
        }
        return result;
    }

    public $Node$ last() {
        return $rest$ == null ? this : $rest$.last();
    }

    public int sum() {
        int total = 0;
        for ($Node$ each = this; each != null; each = each.$rest$) {
            total += each.$value$;
        }
        return total;
    }
}

class $Node$Test {
    //# items = integers(3, 0, 60)
    //# front = items[0]
    //@ focal of
    @Test
    public void buildsAChain() {
        $Node$ $head$ = $Node$.of($items$);
        assertEquals($front$, $head$.$value$);
        assertNotNull($head$.$rest$);
        assertNull($Node$.of());
    }

    //# size = integer(2, 5)
    //# items = integers(size, 0, 20)
    //@ focal length
    @Test
    public void countsTheNodes() {
        $Node$ $head$ = $Node$.of($items$);
        assertEquals($size$, $head$.length());
    }

    //# items = distinct(3, 0, 50)
    //# back = items[-1]
    //# middle = items[1]
    //@ focal $reverse$
    @Test
    public void $reverse$StartsAtTheEnd() {
        $Node$ $head$ = $Node$.of($items$);
        $Node$ turned = $head$.$reverse$();
        assertNotNull(turned);
        assertEquals($back$, turned.$value$);
        assertEquals($middle$, turned.$rest$.$value$);
    }

    //# a, b = distinct(2, 0, 50)
    //# end = name("end", "bottom", "leaf")
    //@ focal last
    @Test
    public void lastNode() {
        $Node$ $end$ = new $Node$($a$, null);
        $Node$ $head$ = new $Node$($b$, $end$);
        assertSame($end$, $head$.last());
        assertNull($head$.last().$rest$);
    }

    //# items = integers(3, 0, 15)
    //# total = sum(items)
    //@ focal sum
    @Test
    public void sumsTheChain() {
        assertEquals($total$, $Node$.of($items$).sum());
    }
}
