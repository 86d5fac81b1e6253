package android.widget;
import android.view.View;
public class ProgressBar extends View {
    public native int getMax();
    public native void setMax(int max);
    public native int getProgress();
    public native void setProgress(int progress);
}
