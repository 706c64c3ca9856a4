// A node of a tree with any number of children.
//# Node = name("Node", "TreeNode", "Folder", "Branch")
//# add = name("add", "addChild", "append", "attach")
//# depth = name("depth", "level", "distanceToRoot")
//# size = name("size", "countNodes", "total")
//# root = name("root", "top", "base")
//# Root = upper(root)
public class $Node$ {
    private final String label;
    private $Node$ parent;
    private final List<$Node$> children = new ArrayList<>();

    public $Node$(String label) {
        this.label = label;
    }

    public $Node$ $add$(String childLabel) {
        $Node$ child = new $Node$(childLabel);
        child.parent = this;
        children.add(child);
        return child;
    }

    public int $depth$() {
        int steps = 0;
        for ($Node$ node = parent; node != null; node = node.parent) {
            steps++;
        }
        return steps;
    }

    public int $size$() {
        int total = 1;
        for ($Node$ child : children) {
            total += child.$size$();
        }
        return total;
    }

    public String path() {
        return parent == null ? label : parent.path() + "/" + label;
    }

    public boolean isLeaf() {
        return children.isEmpty();
    }

    public $Node$ getParent() {
        return parent;
    }

    public String getLabel() {
        return label;
    }
}

class $Node$Test {
    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //@ focal $add$
    @Test
    public void $add$ReturnsTheChild() {
        $Node$ $root$ = new $Node$($a$);
        $Node$ child = $root$.$add$($b$);
        assertEquals($b$, child.getLabel());
        assertNotNull(child);
        assertSame($root$, child.getParent());
    }

    //# a = word()
    //@ focal $depth$
    @Test
    public void a$Root$StandsAlone() {
        $Node$ $root$ = new $Node$($a$);
        assertEquals(0, $root$.$depth$());
        assertNull($root$.getParent());
        assertTrue($root$.isLeaf());
    }

    //# ws = words(3)
    //# a = ws[0]
    //# b = ws[1]
    //# c = ws[2]
    //@ focal $depth$
    @Test
    public void $depth$GrowsFromParentToChild() {
        $Node$ child = new $Node$($a$).$add$($b$);
        $Node$ grandchild = child.$add$($c$);
        assertEquals(1, child.$depth$());
        assertEquals(2, grandchild.$depth$());
    }

    //# a = word()
    //# n = integer(2, 9)
    //# total = n + 1
    //@ focal $size$
    @Test
    public void $size$CountsTheNodeItself() {
        $Node$ $root$ = new $Node$($a$);
        for (int i = 0; i < $n$; i++) {
            $root$.$add$("n" + i);
        }
        assertEquals($total$, $root$.$size$());
        assertTrue($root$.$size$() > $n$);
    }

    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //# path = f"{a}/{b}"
    //@ focal path
    @Test
    public void pathOfAChild() {
        $Node$ $root$ = new $Node$($a$);
        $Node$ child = $root$.$add$($b$);
        assertEquals($a$, $root$.path());
        assertEquals($path$, child.path());
    }
}
