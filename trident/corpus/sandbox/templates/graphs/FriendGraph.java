// Who follows whom: a directed graph of members, each known by a number.
//# Follows = name("Follows", "SocialGraph", "Members", "FanClub")
//# graph = name("graph", "club", "people")
//# follow = name("follow", "addFan", "subscribe", "watch")
//# fans = name("fans", "followers", "audience")
//# shared = name("shared", "common", "mutual")
public class $Follows$ {
    private final Map<Integer, Set<Integer>> $fans$ = new HashMap<>();

    public int $follow$(int fan, int star) {
        Set<Integer> all = $fans$.computeIfAbsent(star, key -> new TreeSet<>());
        all.add(fan);
        return all.size();
    }

    public Set<Integer> $fans$(int star) {
        return $fans$.getOrDefault(star, Collections.emptySet());
    }

    public int[] $shared$(int a, int b) {
        return $fans$(a).stream()
                .filter($fans$(b)::contains)
                .mapToInt(Integer::intValue)
                .toArray();
    }
}

class $Follows$Test {
    //# abc = distinct(3, 1, 30)
    //# star = abc[0]
    //# a = abc[1]
    //# b = abc[2]
    //@ focal $follow$
    @Test
    public void $follow$CountsTheFans() {
        $Follows$ $graph$ = new $Follows$();
        assertEquals(1, $graph$.$follow$($a$, $star$));
        assertEquals(2, $graph$.$follow$($b$, $star$));
        assertEquals("no fan counts twice", 2, $graph$.$follow$($a$, $star$));
    }

    //# ab = distinct(2, 1, 40)
    //# star = ab[0]
    //# fan = ab[1]
    //@ focal $fans$
    @Test
    public void followingHasADirection() {
        $Follows$ $graph$ = new $Follows$();
        $graph$.$follow$($fan$, $star$);
        assertThat($graph$.$fans$($star$), hasItem($fan$));
        assertNotNull($graph$.$fans$($fan$));
        assertTrue($graph$.$fans$($fan$).isEmpty());
    }

    //# abc = distinct(5, 1, 30)
    //# a = abc[0]
    //# b = abc[1]
    //# x = abc[2]
    //# y = abc[3]
    //@ focal $shared$
    @Test
    public void $shared$FansOnly() {
        $Follows$ $graph$ = new $Follows$();
        $graph$.$follow$($x$, $a$);
        $graph$.$follow$($y$, $a$);
        $graph$.$follow$($y$, $b$);
        assertArrayEquals(new int[] {$y$}, $graph$.$shared$($a$, $b$));
    }

    //# ab = distinct(3, 1, 30)
    //# a = ab[0]
    //# b = ab[1]
    //# x = ab[2]
    //@ focal $shared$
    @Test
    public void nothingInCommon() {
        $Follows$ $graph$ = new $Follows$();
        $graph$.$follow$($x$, $a$);
        int[] both = $graph$.$shared$($a$, $b$);
        assertNotNull(both);
        assertEquals(0, both.length);
    }
}
