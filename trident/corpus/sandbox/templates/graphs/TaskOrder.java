// Tasks that must wait for other tasks, brought into an order in which they can be done.
//# TaskOrder = name("TaskOrder", "Schedule", "BuildPlan", "Recipe")
//# plan = name("plan", "tasks", "jobs")
//# after = name("after", "require", "dependsOn", "waitFor")
//# sort = name("sort", "inOrder", "sequence", "resolve")
//# ready = name("isReady", "canStart", "free")
public class $TaskOrder$ {
    private final Map<String, List<String>> needs = new TreeMap<>();

    public $TaskOrder$ $after$(String task, String... others) {
        needs.put(task, Arrays.asList(others));
        return this;
    }

    public List<String> $sort$() {
        List<String> done = new ArrayList<>();
        for (String task : needs.keySet()) {
            visit(task, done);
        }
        return done;
    }

    private void visit(String task, List<String> done) {
        if (done.contains(task)) {
            return;
        }
        for (String other : needs.getOrDefault(task, Collections.emptyList())) {
            visit(other, done);
        }
        done.add(task);
    }

    public boolean $ready$(String task, Collection<String> done) {
        return done.containsAll(needs.getOrDefault(task, new ArrayList<>()));
    }

    public int waitingFor(String task) {
        List<String> others = needs.get(task);
        return others == null ? 0 : others.size();
    }
}

class $TaskOrder$Test {
    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //@ focal $sort$
    @Test
    public void whatIsNeededComesFirst() {
        $TaskOrder$ $plan$ = new $TaskOrder$().$after$($a$, $b$);
        List<String> order = $plan$.$sort$();
        assertNotNull(order);
        assertEquals(2, order.size());
        assertEquals($b$, order.get(0));
        assertEquals($a$, order.get(1));
    }

    //# w = word()
    //@ focal $sort$
    @Test
    public void nothingToDo() {
        List<String> order = new $TaskOrder$().$sort$();
        assertNotNull(order);
        assertFalse(order.contains($w$));
    }

    //# ws = words(3)
    //# a = ws[0]
    //# b = ws[1]
    //# c = ws[2]
    //@ focal $ready$
    @Test
    public void $ready$WhenAllElseIsDone() {
        $TaskOrder$ $plan$ = new $TaskOrder$().$after$($a$, $b$, $c$);
        assertFalse($plan$.$ready$($a$, Arrays.asList($b$)));
        assertTrue($plan$.$ready$($a$, Arrays.asList($b$, $c$)));
    }

    //# n = integer(1, 4)
    //# others = words(n)
    //# task = choice(["bake", "ship", "serve", "print", "build"])
    //# free = choice(["rest", "sleep", "wait"])
    //@ focal waitingFor
    @Test
    public void countsWhatATaskWaitsFor() {
        $TaskOrder$ $plan$ = new $TaskOrder$();
        $plan$.$after$($task$, $others$);
        assertEquals($n$, $plan$.waitingFor($task$));
        assertEquals(0, $plan$.waitingFor($free$));
    }
}
