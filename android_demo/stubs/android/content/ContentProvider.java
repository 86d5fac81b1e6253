package android.content;
import android.annotation.Nullable;
import android.database.Cursor;
import android.net.Uri;
import android.os.ParcelFileDescriptor;
import java.io.FileNotFoundException;
public abstract class ContentProvider {
    public abstract boolean onCreate();
    @Nullable
    public abstract Cursor query(Uri uri, @Nullable String[] columns, @Nullable String selection, @Nullable String[] arguments, @Nullable String order);
    @Nullable public abstract String getType(Uri uri);
    @Nullable public abstract Uri insert(Uri uri, @Nullable ContentValues values);
    public abstract int update(Uri uri, @Nullable ContentValues values, @Nullable String selection, @Nullable String[] arguments);
    public abstract int delete(Uri uri, @Nullable String selection, @Nullable String[] arguments);
    @Nullable public native ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException;
    @Nullable public final native Context getContext();
}
