// An undirected graph: towns that are connected by roads.
//# RoadMap = name("RoadMap", "Graph", "Network", "RailMap")
//# net = name("map", "graph", "net", "roads")
//# connect = name("connect", "addEdge", "link", "join")
//# degree = name("degree", "exits", "countEdges")
//# joined = name("hasEdge", "areJoined", "isLinked")
public class $RoadMap$ {
    private final Map<String, Set<String>> edges = new TreeMap<>();

    public boolean $connect$(String a, String b) {
        if (a.equals(b)) {
            return false;
        }
        edges.computeIfAbsent(b, key -> new TreeSet<>()).add(a);
        return edges.computeIfAbsent(a, key -> new TreeSet<>()).add(b);
    }

    public int $degree$(String town) {
        return edges.containsKey(town) ? edges.get(town).size() : 0;
    }

    public boolean $joined$(String a, String b) {
        return edges.containsKey(a) && edges.get(a).contains(b);
    }

    public String firstNeighbour(String town) {
        Set<String> others = edges.get(town);
        if (others == null) {
            return null;
        }
        return others.iterator().next();
    }

    public int size() {
        return edges.size();
    }
}

class $RoadMap$Test {
    //# towns = sample(["Ulm", "Bern", "Oslo", "Rome", "Lyon", "York", "Bath"], 2)
    //# a = towns[0]
    //# b = towns[1]
    //@ focal $connect$
    @Test
    public void $connect$GoesBothWays() {
        $RoadMap$ $net$ = new $RoadMap$();
        assertTrue($net$.$connect$($a$, $b$));
        assertTrue("both ways", $net$.$joined$($b$, $a$));
        assertEquals(2, $net$.size());
    }

    //# towns = sample(["Ulm", "Bern", "Oslo", "Rome", "Lyon", "York", "Bath"], 2)
    //# a = towns[0]
    //# b = towns[1]
    //@ focal $connect$
    @Test
    public void aSecondRoadIsRefused() {
        $RoadMap$ $net$ = new $RoadMap$();
        $net$.$connect$($a$, $b$);
        assertFalse($net$.$connect$($a$, $b$));
    }

    //# n = integer(1, 4)
    //# towns = sample(["a", "b", "c", "d", "e", "f", "g"], n)
    //# hub = choice(["x", "y", "z", "hub"])
    //@ focal $degree$
    @Test
    public void $degree$CountsNeighbours() {
        $RoadMap$ $net$ = new $RoadMap$();
        for (String town : Arrays.asList($towns$)) {
            $net$.$connect$($hub$, town);
        }
        assertEquals($n$, $net$.$degree$($hub$));
    }

    //# town = choice(["Ulm", "Bern", "Oslo", "Rome", "Lyon", "York", "Bath"])
    //@ focal $degree$
    @Test
    public void unknownTown() {
        $RoadMap$ $net$ = new $RoadMap$();
        assertEquals("nothing is joined yet", 0, $net$.$degree$($town$));
        assertNull($net$.firstNeighbour($town$));
    }

    //# towns = sample(["Ulm", "Bern", "Oslo", "Rome", "Lyon", "York", "Bath"], 3)
    //# hub = towns[0]
    //# a = towns[1]
    //# b = towns[2]
    //# first = min(a, b)
    //@ focal firstNeighbour
    @Test
    public void firstNeighbourByName() {
        $RoadMap$ $net$ = new $RoadMap$();
        $net$.$connect$($hub$, $a$);
        $net$.$connect$($hub$, $b$);
        assertNotNull($net$.firstNeighbour($hub$));
        assertEquals($first$, $net$.firstNeighbour($hub$));
    }
}
