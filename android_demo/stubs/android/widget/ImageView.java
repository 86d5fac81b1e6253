package android.widget;
import android.graphics.Bitmap;
import android.view.View;
public class ImageView extends View {
    public native void setImageBitmap(Bitmap bitmap);
}
