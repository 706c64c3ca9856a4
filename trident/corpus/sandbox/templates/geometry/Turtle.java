// A turtle that walks over squared paper: every letter of a path is one step.
//# Turtle = name("Turtle", "Robot", "Ant", "Rover")
//# turtle = lower(Turtle)
//# step = name("step", "move", "go", "walk")
//# column = name("column", "x", "east", "across")
//# row = name("row", "y", "north", "up")
//# home = name("isHome", "atHome", "isBack")
public class $Turtle$ {
    private int $column$;
    private int $row$;

    public boolean $step$(char direction) {
        switch (direction) {
            case 'N': $row$++; return true;
            case 'S': $row$--; return true;
            case 'E': $column$++; return true;
            case 'W': $column$--; return true;
            default: return false;
        }
    }

    public int follow(String path) {
        int steps = 0;
        for (char c : path.toCharArray()) {
            if ($step$(c)) {
                steps++;
            }
        }
        return steps;
    }

    public int $column$() {
        return $column$;
    }

    public int $row$() {
        return $row$;
    }

    public boolean $home$() {
        return $column$ == 0 && $row$ == 0;
    }
}

class $Turtle$Test {
    //# d = choice("NSEW")
    //# letter = char(d)
    //# x = {"E": 1, "W": -1}.get(d, 0)
    //# y = {"N": 1, "S": -1}.get(d, 0)
    //@ focal $step$
    @Test
    public void $step$InADirection() {
        $Turtle$ $turtle$ = new $Turtle$();
        assertTrue($turtle$.$step$($letter$));
        assertEquals($x$, $turtle$.$column$());
        assertEquals($y$, $turtle$.$row$());
    }

    //# letter = char(choice("ABCDFGXYZ"))
    //@ focal $step$
    @Test
    public void unknownLettersDoNothing() {
        $Turtle$ $turtle$ = new $Turtle$();
        assertFalse($turtle$.$step$($letter$));
        assertTrue($turtle$.$home$());
    }

    //# e = integer(1, 4)
    //# n = integer(1, 4)
    //# path = "E" * e + "N" * n
    //# steps = e + n
    //@ focal follow
    @Test
    public void followCountsTheSteps() {
        $Turtle$ $turtle$ = new $Turtle$();
        int steps = $turtle$.follow($path$);
        assertEquals($steps$, steps);
        assertEquals($e$, $turtle$.$column$());
        assertEquals($n$, $turtle$.$row$());
    }

    //# go = choice(["NS", "EW", "WE", "SN", "NESW", "NWSE", "ESWN", "NNSS", "EEWW"])
    //# away = choice(["N", "EE", "SW", "NN", "WNW", "SS", "E", "NE"])
    //@ focal $home$
    @Test
    public void test$Turtle$ComesBack() {
        $Turtle$ $turtle$ = new $Turtle$();
        $turtle$.follow($go$);
        assertTrue($turtle$.$home$());
        $turtle$.follow($away$);
        assertFalse($turtle$.$home$());
    }
}
