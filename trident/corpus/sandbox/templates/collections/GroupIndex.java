// A multimap: every group holds a list of members, in the order in which they were filed.
//# Groups = name("GroupIndex", "MultiMap", "Catalog", "Drawers")
//# groups = name("groups", "catalog", "byKey", "drawers")
//# file = name("file", "add", "assign", "sortInto")
//# membersOf = name("membersOf", "get", "all", "contentsOf")
public class $Groups$ {
    private final Map<String, List<Integer>> $groups$ = new LinkedHashMap<>();

    public void $file$(String group, int member) {
        $groups$.computeIfAbsent(group, g -> new ArrayList<>()).add(member);
    }

    /** Returns an empty list, never null, for an unknown group. */
    public List<Integer> $membersOf$(String group) {
        return $groups$.getOrDefault(group, Collections.emptyList());
    }

    public String largestGroup() {
        String best = null;
        for (String group : $groups$.keySet()) {
            if (best == null || $membersOf$(group).size() > $membersOf$(best).size()) {
                best = group;
            }
        }
        return best;
    }

    public int groupCount() {
        return $groups$.size();
    }
}

class $Groups$Test {
    //# group = word()
    //# members = integers(2, 0, 50)
    //# a, b = members
    //@ focal $file$
    @Test
    public void keepsTheOrderOfFiling() {
        $Groups$ index = new $Groups$();
        index.$file$($group$, $a$);
        index.$file$($group$, $b$);
        assertEquals(Arrays.asList($a$, $b$), index.$membersOf$($group$));
        assertTrue(index.$membersOf$($group$).contains($b$));
        assertEquals(1, index.groupCount());
    }

    //# group, unknown = words(2)
    //# member = integer(0, 80)
    //@ focal $membersOf$
    @Test
    public void unknownGroupIsEmpty() {
        $Groups$ index = new $Groups$();
        index.$file$($group$, $member$);
        assertNotNull(index.$membersOf$($unknown$));
        assertTrue(index.$membersOf$($unknown$).isEmpty());
        assertThat(index.$membersOf$($group$), hasItem($member$));
    }

    //# small, big = words(2)
    //# a, b, c = integers(3, 0, 30)
    //@ focal largestGroup
    @Test
    public void findsTheLargestGroup() {
        $Groups$ index = new $Groups$();
        assertNull(index.largestGroup());
        index.$file$($small$, $a$);
        index.$file$($big$, $b$);
        index.$file$($big$, $c$);
        assertEquals($big$, index.largestGroup());
    }

    //# keys = words(3)
    //# amount = integer(1, 20)
    //# rounds = name("i", "n", "round")
    //# expected = min(3, amount)
    //@ focal $file$
    @Test
    public void filesInTurn() {
        $Groups$ index = new $Groups$();
        String[] keys = {$keys$};
        for (int $rounds$ = 0; $rounds$ < $amount$; $rounds$++) {
            index.$file$(keys[$rounds$ % 3], $rounds$);
        }
        assertEquals($expected$, index.groupCount());
    }
}
