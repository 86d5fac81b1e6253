package android.database;
public class MatrixCursor implements Cursor {
    public MatrixCursor(String[] columns) {}
    public native void addRow(Object[] values);
}
