// A high-score table that keeps only the best few results.
//# Scores = name("TopScores", "HallOfFame", "BestOf", "Podium")
//# scores = name("scores", "board", "best")
//# submit = name("submit", "offer", "enter", "report")
//# keep = name("keep", "places", "limit", "room")
public class $Scores$ {
    private final PriorityQueue<Integer> $scores$ = new PriorityQueue<>();
    private final int $keep$;

    public $Scores$(int $keep$) {
        this.$keep$ = $keep$;
    }

    /** Returns whether the result made it into the table. */
    public boolean $submit$(int points) {
        $scores$.add(points);
        if ($scores$.size() > $keep$) {
            return $scores$.poll() < points;
        }
        return true;
    }

    public int worst() {
        return $scores$.peek();
    }

    public int size() {
        return $scores$.size();
    }

    public List<Integer> ranking() {
        List<Integer> result = new ArrayList<>($scores$);
        result.sort(Comparator.reverseOrder());
        return result;
    }
}

class $Scores$Test {
    //# low, high = sorted(distinct(2, 1, 80))
    //@ focal $submit$
    @Test
    public void lowResultsAreTurnedAway() {
        $Scores$ table = new $Scores$(1);
        assertTrue(table.$submit$($high$));
        assertFalse("too low", table.$submit$($low$));
        assertEquals($high$, table.worst());
    }

    //# a, b, c = distinct(3, 1, 60)
    //# ranked = list(reversed(sorted([a, b, c])))
    //@ focal ranking
    @Test
    public void rankingStartsWithTheBest() {
        $Scores$ table = new $Scores$(3);
        table.$submit$($a$);
        table.$submit$($b$);
        table.$submit$($c$);
        assertNotNull(table.ranking());
        assertEquals(Arrays.asList($ranked$), table.ranking());
    }

    //# places = integer(2, 9)
    //# games = integer(2, 30)
    //# held = min(places, games)
    //@ focal $submit$
    @Test
    public void holdsOnlyTheBest() {
        $Scores$ table = new $Scores$($places$);
        for (int points = 1; points <= $games$; points++) {
            table.$submit$(points);
        }
        assertEquals("results held", $held$, table.size());
    }
}
