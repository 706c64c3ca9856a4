// Which user may do what.
//# Permissions = name("Permissions", "Rights", "AccessList", "Roles")
//# rights = name("rights", "access", "roles")
//# grant = name("grant", "allow", "permit", "give")
//# revoke = name("revoke", "deny", "takeAway", "forbid")
//# may = name("may", "isAllowed", "can", "hasRight")
//# Grant = upper(grant)
public class $Permissions$ {
    private final Map<String, Set<String>> granted = new HashMap<>();

    public $Permissions$ $grant$(String user, String... actions) {
        granted.computeIfAbsent(user, key -> new TreeSet<>()).addAll(Arrays.asList(actions));
        return this;
    }

    public boolean $may$(String user, String action) {
        if (user.equals("admin")) {
            return true;
        }
        return granted.containsKey(user) && granted.get(user).contains(action);
    }

    public int $revoke$(String user) {
        Set<String> removed = granted.remove(user);
        return removed == null ? 0 : removed.size();
    }

    public Set<String> actionsOf(String user) {
        return Collections.unmodifiableSet(granted.getOrDefault(user, new TreeSet<>()));
    }
}

class $Permissions$Test {
    //# user = choice(["ann", "ben", "cem", "dora", "eva"])
    //# actions = sample(["read", "write", "print", "delete", "share"], 2)
    //# a = actions[0]
    //# asked = choice(actions)
    //# verdict = code("assertTrue" if asked == a else "assertFalse")
    //@ focal $may$
    @Test
    public void onlyWhatWasGranted() {
        $Permissions$ $rights$ = new $Permissions$().$grant$($user$, $a$);
        $verdict$($rights$.$may$($user$, $asked$));
    }

    //# action = choice(["read", "write", "print", "delete", "share"])
    //@ focal $may$
    @Test
    public void adminNeedsNo$Grant$() {
        $Permissions$ $rights$ = new $Permissions$();
        assertTrue("the admin may do anything", $rights$.$may$("admin", $action$));
    }

    //# user = choice(["ann", "ben", "cem", "dora", "eva"])
    //# n = integer(1, 4)
    //# actions = sample(["read", "write", "print", "delete", "share"], n)
    //@ focal $revoke$
    @Test
    public void $revoke$CountsWhatIsGone() {
        $Permissions$ $rights$ = new $Permissions$();
        $rights$.$grant$($user$, $actions$);
        assertEquals($n$, $rights$.$revoke$($user$));
        assertEquals(0, $rights$.$revoke$($user$));
    }

    //# user = choice(["ann", "ben", "cem", "dora", "eva"])
    //# action = choice(["read", "write", "print", "delete", "share"])
    //@ focal $grant$
    @Test
    public void test$Grant$Twice() {
        $Permissions$ $rights$ = new $Permissions$();
        assertNotNull($rights$.$grant$($user$, $action$));
        $rights$.$grant$($user$, $action$);
        assertThat($rights$.actionsOf($user$), hasItem($action$));
        assertEquals(1, $rights$.actionsOf($user$).size());
    }

    //# user = choice(["ann", "ben", "cem", "dora", "eva"])
    //# action = choice(["read", "write", "print", "delete", "share"])
    //@ focal actionsOf
    @Test
    public void theActionsCannotBeChanged() {
        Set<String> actions = new $Permissions$().$grant$($user$, "see").actionsOf($user$);
        assertNotNull(actions);
        assertThrows(UnsupportedOperationException.class, () -> actions.add($action$));
    }
}
