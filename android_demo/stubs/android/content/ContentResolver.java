package android.content;
import android.net.Uri;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.io.OutputStream;
public abstract class ContentResolver {
    public final native InputStream openInputStream(Uri uri) throws FileNotFoundException;
    public final native OutputStream openOutputStream(Uri uri) throws FileNotFoundException;
    public final native Uri insert(Uri uri, ContentValues values);
    public final native int delete(Uri uri, String selection, String[] arguments);
}
