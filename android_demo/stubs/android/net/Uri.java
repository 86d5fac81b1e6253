package android.net;
import android.annotation.Nullable;
import android.os.Parcelable;
import java.io.File;
import java.util.List;
public abstract class Uri implements Parcelable {
    public static native Uri fromFile(File file);
    public static native Uri fromParts(String scheme, String part, String fragment);
    public abstract List<String> getPathSegments();
    @Nullable public abstract String getLastPathSegment();
    public static final class Builder {
        public native Builder scheme(String scheme);
        public native Builder authority(String authority);
        public native Builder appendPath(String part);
        public native Uri build();
    }
}
