package android.view;
import android.annotation.Nullable;
public class View {
    public static final int VISIBLE = 0;
    public static final int GONE = 8;
    public native void setVisibility(int visibility);
    public native int getVisibility();
    public native void setOnClickListener(@Nullable OnClickListener listener);
    public native void setOnTouchListener(OnTouchListener listener);
    public interface OnClickListener { void onClick(View view); }
    public interface OnTouchListener { boolean onTouch(View view, MotionEvent event); }
}
