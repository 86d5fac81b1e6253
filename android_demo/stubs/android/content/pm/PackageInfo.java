package android.content.pm;
import android.annotation.Nullable;
public class PackageInfo { @Nullable public String versionName; }
