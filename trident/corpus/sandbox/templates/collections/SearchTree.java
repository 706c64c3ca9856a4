// A binary search tree: smaller keys to the left, greater ones to the right.
//# Tree = name("SearchTree", "KeyTree", "BinaryTree", "Branch")
//# tree = name("tree", "root", "top")
//# key = name("key", "label", "number")
//# insert = name("insert", "add", "grow", "plant")
public class $Tree$ {
    final int $key$;
    $Tree$ left;
    $Tree$ right;

    public $Tree$(int $key$) {
        this.$key$ = $key$;
    }

    public $Tree$ $insert$(int other) {
        if (other < $key$) {
            left = left == null ? new $Tree$(other) : left.$insert$(other);
        } else if (other > $key$) {
            right = right == null ? new $Tree$(other) : right.$insert$(other);
        }
        return this;
    }

    public boolean contains(int wanted) {
        if (wanted == $key$) {
            return true;
        }
        $Tree$ child = wanted < $key$ ? left : right;
        return child != null && child.contains(wanted);
    }

    public int smallest() {
        return left == null ? $key$ : left.smallest();
    }

    public int height() {
        int l = left == null ? 0 : left.height();
        int r = right == null ? 0 : right.height();
        return 1 + Math.max(l, r);
    }
}

class $Tree$Test {
    //# low, mid, high = sorted(distinct(3, 0, 60))
    //@ focal $insert$
    @Test
    public void $insert$GoesLeftOrRight() {
        $Tree$ $tree$ = new $Tree$($mid$);
        $tree$.$insert$($high$);
        assertNull($tree$.left);
        $tree$.$insert$($low$);
        assertNotNull($tree$.left);
        assertEquals($high$, $tree$.right.$key$);
    }

    //# a, b, c, absent = distinct(4, 0, 60)
    //@ focal contains
    @Test
    public void containsWhatWasInserted() {
        $Tree$ $tree$ = new $Tree$($a$).$insert$($b$).$insert$($c$);
        assertTrue($tree$.contains($c$));
        assertFalse($tree$.contains($absent$));
    }

    //# keys = distinct(3, 0, 60)
    //# a, b, c = keys
    //# least = min(keys)
    //@ focal smallest
    @Test
    public void smallestKey() {
        $Tree$ $tree$ = new $Tree$($a$).$insert$($b$).$insert$($c$);
        assertEquals($least$, $tree$.smallest());
        assertTrue($tree$.contains($a$));
    }

    //# low, mid, high = sorted(distinct(3, 0, 60))
    //# begin = choice([low, mid, high])
    //# others = [n for n in [low, mid, high] if n != begin]
    //# second = others[0]
    //# third = others[1]
    //# levels = 2 if begin == mid else 3
    //@ focal height
    @Test
    public void heightDependsOnTheRoot() {
        $Tree$ $tree$ = new $Tree$($begin$);
        assertEquals(1, $tree$.height());
        $tree$.$insert$($second$).$insert$($third$);
        assertEquals($levels$, $tree$.height());
    }

    //# value = integer(0, 90)
    //@ focal $insert$
    @Test
    public void inserting$Tree$KeyTwiceChangesNothing() {
        $Tree$ $tree$ = new $Tree$($value$);
        assertSame($tree$, $tree$.$insert$($value$));
        assertEquals("still one level", 1, $tree$.height());
    }
}
