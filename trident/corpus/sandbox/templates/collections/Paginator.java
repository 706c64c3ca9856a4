// Splits a number of results into pages of a fixed size; pages count from one.
//# Paginator = name("Paginator", "Pager", "PageIndex", "Listing")
//# paginator = name("paginator", "pager", "index", "listing")
//# total = name("total", "itemCount", "results")
//# perPage = name("perPage", "pageSize", "limit")
//# pageCount = name("pageCount", "pages", "lastPage")
public class $Paginator$ {
    private final int $total$;
    private final int $perPage$;

    public $Paginator$(int $total$, int $perPage$) {
        this.$total$ = $total$;
        this.$perPage$ = $perPage$;
    }

    public int $pageCount$() {
        return ($total$ + $perPage$ - 1) / $perPage$;
    }

    public int offset(int page) {
        return (page - 1) * $perPage$;
    }

    public boolean hasNext(int page) {
        return page * $perPage$ < $total$;
    }

    public int itemsOn(int page) {
        return Math.max(0, Math.min($perPage$, $total$ - offset(page)));
    }

    public void checkPage(int page) {
        if (page < 1) {
            throw new IllegalArgumentException("no such page");
        }
    }
}

class $Paginator$Test {
    //# size = choice([2, 3, 4, 5, 10, 20])
    //# full = integer(1, 9)
    //# amount = size * full
    //# more = amount + 1
    //# next = full + 1
    //# message = choice(["full pages", "pages", "exact", "page count"])
    //@ focal $pageCount$
    @Test
    public void roundsUpTheNumberOfPages() {
        assertEquals($message$, $full$, new $Paginator$($amount$, $size$).$pageCount$());
        assertEquals($next$, new $Paginator$($more$, $size$).$pageCount$());
    }

    //# size = choice([3, 4, 5, 10, 20])
    //# amount = integer(60, 100)
    //# page = integer(2, 6)
    //# start = (page - 1) * size
    //@ focal offset
    @Test
    public void offsetOfAPage() {
        $Paginator$ $paginator$ = new $Paginator$($amount$, $size$);
        assertEquals(0, $paginator$.offset(1));
        assertEquals($start$, $paginator$.offset($page$));
    }

    //# size = choice([4, 5, 8, 10])
    //# page = integer(1, 4)
    //# amount = integer(1, 50)
    //# verdict = code("assertTrue" if page * size < amount else "assertFalse")
    //@ focal hasNext
    @Test
    public void knowsWhetherMoreFollows() {
        $Paginator$ $paginator$ = new $Paginator$($amount$, $size$);
        $verdict$($paginator$.hasNext($page$));
    }

    //# size = choice([5, 6, 8, 10])
    //# rest = integer(1, size - 1)
    //# amount = size + rest
    //@ focal itemsOn
    @Test
    public void lastPageHoldsTheRest() {
        $Paginator$ $paginator$ = new $Paginator$($amount$, $size$);
        assertEquals($size$, $paginator$.itemsOn(1));
        assertEquals($rest$, $paginator$.itemsOn(2));
        assertEquals(0, $paginator$.itemsOn(3));
    }

    //# amount = integer(10, 50)
    //# size = integer(2, 9)
    //# page = integer(-5, 0)
    //@ focal checkPage
    @Test
    public void refusesPagesBeforeTheFirst() {
        $Paginator$ $paginator$ = new $Paginator$($amount$, $size$);
        assertThrows(IllegalArgumentException.class, () -> $paginator$.checkPage($page$));
    }
}
