package demo;

import static org.junit.Assert.*;

import org.junit.Test;

public class StackTest {
    @Test
    public void isEmpty() {
        Stack stack = new Stack();
        <ASSERTION>
        stack.push(4);
        assertFalse(stack.isEmpty());
    }

    @Test
    public void sizeCountsWhatIsPushed() {
        Stack stack = new Stack();
        stack.push(4);
        stack.push(7);
        <ASSERTION>
    }
}
