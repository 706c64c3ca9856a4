package demo;

/** A stack of numbers, for the README's example of {@code trident suggest}. */
public class Stack {
    private final int[] items = new int[16];
    private int count;

    public void push(int item) {
        items[count++] = item;
    }

    public int pop() {
        return items[--count];
    }

    public int size() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }
}
