// A row of numbered seats that can be booked one by one or side by side.
//# SeatRow = name("SeatRow", "Row", "Bench", "CinemaRow")
//# row = name("row", "seats", "bench")
//# book = name("book", "reserve", "occupy", "take")
//# freeSeats = name("freeSeats", "countFree", "left")
//# firstFree = name("firstFree", "nextSeat", "lowestFree")
public class $SeatRow$ {
    private final boolean[] taken;

    public $SeatRow$(int size) {
        taken = new boolean[size];
    }

    public boolean $book$(int seat) {
        if (seat < 0 || seat >= taken.length || taken[seat]) {
            return false;
        }
        taken[seat] = true;
        return true;
    }

    public int $freeSeats$() {
        int free = 0;
        for (boolean seat : taken) {
            if (!seat) {
                free++;
            }
        }
        return free;
    }

    public int $firstFree$() {
        for (int i = 0; i < taken.length; i++) {
            if (!taken[i]) {
                return i;
            }
        }
        return -1;
    }

    public boolean[] snapshot() {
        return taken.clone();
    }
}

class $SeatRow$Test {
    //# size = integer(5, 30)
    //# seat = integer(0, 4)
    //@ focal $book$
    @Test
    public void aSeatIsBookedOnce() {
        $SeatRow$ $row$ = new $SeatRow$($size$);
        assertTrue($row$.$book$($seat$));
        assertFalse($row$.$book$($seat$));
    }

    //# size = integer(1, 30)
    //# seat = choice([size + integer(0, 5), integer(-5, -1)])
    //@ focal $book$
    @Test
    public void $book$OutsideTheRow() {
        $SeatRow$ $row$ = new $SeatRow$($size$);
        assertFalse("no such seat", $row$.$book$($seat$));
        assertEquals($size$, $row$.$freeSeats$());
    }

    //# size = integer(6, 40)
    //# ab = distinct(2, 0, 5)
    //# a = ab[0]
    //# b = ab[1]
    //# left = size - 2
    //@ focal $freeSeats$
    @Test
    public void $freeSeats$AfterTwoBookings() {
        $SeatRow$ $row$ = new $SeatRow$($size$);
        $row$.$book$($a$);
        $row$.$book$($b$);
        assertEquals($left$, $row$.$freeSeats$());
    }

    //# n = integer(1, 12)
    //# size = n + integer(1, 12)
    //@ focal $firstFree$
    @Test
    public void theNextOneIsFree() {
        $SeatRow$ $row$ = new $SeatRow$($size$);
        for (int i = 0; i < $n$; i++) {
            $row$.$book$(i);
        }
        assertEquals($n$, $row$.$firstFree$());
    }

    //# seat = integer(0, 3)
    //# flags = [i == seat for i in range(4)]
    //@ focal snapshot
    @Test
    public void snapshotIsACopy() {
        $SeatRow$ $row$ = new $SeatRow$(4);
        $row$.$book$($seat$);
        assertNotNull($row$.snapshot());
        assertArrayEquals(new boolean[] {$flags$}, $row$.snapshot());
        assertNotSame($row$.snapshot(), $row$.snapshot());
    }
}
