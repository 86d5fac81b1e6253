package android.graphics;
public class Matrix {
    public native boolean isIdentity();
    public native boolean postRotate(float degrees);
    public native boolean postScale(float x, float y);
}
