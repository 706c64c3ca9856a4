// A binary search tree of whole numbers without duplicates.
//# SearchTree = name("SearchTree", "BinaryTree", "SortedTree", "NumberTree")
//# tree = name("tree", "numbers", "keys")
//# insert = name("insert", "add", "put", "store")
//# smallest = name("smallest", "min", "first")
//# height = name("height", "levels", "depth")
//# Smallest = upper(smallest)
public class $SearchTree$ {
    private static class Node {
        private final int key;
        private Node left;
        private Node right;

        Node(int key) {
            this.key = key;
        }
    }

    private Node root;

    public boolean $insert$(int key) {
        if (contains(key)) {
            return false;
        }
        root = insertBelow(root, key);
        return true;
    }

    private Node insertBelow(Node node, int key) {
        if (node == null) {
            return new Node(key);
        }
        if (key < node.key) {
            node.left = insertBelow(node.left, key);
        } else {
            node.right = insertBelow(node.right, key);
        }
        return node;
    }

    public boolean contains(int key) {
        Node node = root;
        while (node != null && node.key != key) {
            node = key < node.key ? node.left : node.right;
        }
        return node != null;
    }

    public int $smallest$() {
        Node node = root;
        while (node.left != null) {
            node = node.left;
        }
        return node.key;
    }

    public int $height$() {
        return heightOf(root);
    }

    private int heightOf(Node node) {
        return node == null ? 0 : 1 + Math.max(heightOf(node.left), heightOf(node.right));
    }
}

class $SearchTree$Test {
    //# ks = distinct(2, 0, 50)
    //# a = ks[0]
    //# b = ks[1]
    //@ focal $insert$
    @Test
    public void $insert$RefusesDuplicates() {
        $SearchTree$ $tree$ = new $SearchTree$();
        assertTrue($tree$.$insert$($a$));
        assertTrue($tree$.$insert$($b$));
        assertFalse($tree$.$insert$($a$));
    }

    //# ks = distinct(3, 0, 50)
    //# a = ks[0]
    //# b = ks[1]
    //# probe = choice(ks)
    //# verdict = code("assertTrue" if probe in (a, b) else "assertFalse")
    //@ focal contains
    @Test
    public void containsWhatWentIn() {
        $SearchTree$ $tree$ = new $SearchTree$();
        $tree$.$insert$($a$);
        $tree$.$insert$($b$);
        assertTrue($tree$.contains($a$));
        $verdict$($tree$.contains($probe$));
    }

    //# ks = distinct(3, 0, 60)
    //# a = ks[0]
    //# b = ks[1]
    //# c = ks[2]
    //# least = min(ks)
    //@ focal $smallest$
    @Test
    public void test$Smallest$() {
        $SearchTree$ $tree$ = new $SearchTree$();
        $tree$.$insert$($a$);
        $tree$.$insert$($b$);
        $tree$.$insert$($c$);
        assertEquals($least$, $tree$.$smallest$());
    }

    //# n = integer(2, 7)
    //# start = integer(0, 20)
    //@ focal $height$
    @Test
    public void aSortedRowMakesATallTree() {
        $SearchTree$ $tree$ = new $SearchTree$();
        assertEquals(0, $tree$.$height$());
        for (int i = 0; i < $n$; i++) {
            $tree$.$insert$($start$ + i);
        }
        assertEquals($n$, $tree$.$height$());
    }

    //# mid = integer(20, 30)
    //# low = integer(0, 19)
    //# high = integer(31, 50)
    //@ focal $height$
    @Test
    public void twoChildrenMakeTwoLevels() {
        $SearchTree$ $tree$ = new $SearchTree$();
        $tree$.$insert$($mid$);
        $tree$.$insert$($low$);
        $tree$.$insert$($high$);
        assertEquals("one level below the root", 2, $tree$.$height$());
    }
}
