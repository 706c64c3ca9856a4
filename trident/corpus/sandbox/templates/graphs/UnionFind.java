// Union-find over the numbers below n: which of them belong together.
//# UnionFind = name("UnionFind", "DisjointSets", "Clusters", "Partition")
//# sets = name("sets", "clusters", "groups")
//# union = name("union", "merge", "unite", "join")
//# find = name("find", "leader", "rootOf")
//# groups = name("groups", "setCount", "parts")
//# Union = upper(union)
public class $UnionFind$ {
    private final int[] parent;
    private int $groups$;

    public $UnionFind$(int n) {
        parent = new int[n];
        $groups$ = n;
        for (int i = 0; i < n; i++) {
            parent[i] = i;
        }
    }

    public int $find$(int x) {
        while (parent[x] != x) {
            x = parent[x];
        }
        return x;
    }

    public boolean $union$(int a, int b) {
        int from = $find$(a);
        int to = $find$(b);
        if (from == to) {
            return false;
        }
        parent[from] = to;
        $groups$--;
        return true;
    }

    public boolean together(int a, int b) {
        return $find$(a) == $find$(b);
    }

    public int $groups$() {
        return $groups$;
    }
}

class $UnionFind$Test {
    //# n = integer(5, 50)
    //# left = n - 1
    //# ab = distinct(2, 0, 4)
    //# a = ab[0]
    //# b = ab[1]
    //@ focal $union$
    @Test
    public void $union$MakesOneSetLess() {
        $UnionFind$ $sets$ = new $UnionFind$($n$);
        assertTrue($sets$.$union$($a$, $b$));
        assertEquals($left$, $sets$.$groups$());
    }

    //# n = integer(10, 30)
    //# ab = distinct(2, 0, 9)
    //# a = ab[0]
    //# b = ab[1]
    //@ focal $union$
    @Test
    public void theSecondTimeNothingChanges() {
        $UnionFind$ $sets$ = new $UnionFind$($n$);
        $sets$.$union$($a$, $b$);
        assertFalse("already together", $sets$.$union$($b$, $a$));
    }

    //# abc = distinct(3, 0, 9)
    //# a = abc[0]
    //# b = abc[1]
    //# c = abc[2]
    //# d = choice([v for v in range(10) if v not in abc])
    //# asked = choice([c, c, d])
    //# verdict = code("assertTrue" if asked == c else "assertFalse")
    //@ focal together
    @Test
    public void friendsOfFriendsAreTogether() {
        $UnionFind$ $sets$ = new $UnionFind$(10);
        $sets$.$union$($a$, $b$);
        $sets$.$union$($b$, $c$);
        $verdict$($sets$.together($a$, $asked$));
    }

    //# n = integer(10, 20)
    //# abc = distinct(3, 0, 9)
    //# a = abc[0]
    //# b = abc[1]
    //# c = abc[2]
    //@ focal $find$
    @Test
    public void $find$After$Union$() {
        $UnionFind$ $sets$ = new $UnionFind$($n$);
        $sets$.$union$($a$, $b$);
        assertEquals($sets$.$find$($a$), $sets$.$find$($b$));
        assertNotEquals($sets$.$find$($a$), $sets$.$find$($c$));
        assertEquals($c$, $sets$.$find$($c$));
    }
}
