package android.app;
import android.annotation.Nullable;
import android.content.Context;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.view.Window;
import android.view.WindowManager;
public class Activity extends Context {
    public static final int RESULT_OK = -1;
    protected native void onCreate(@Nullable Bundle state);
    protected native void onResume();
    protected native void onPause();
    protected native void onStop();
    protected native void onDestroy();
    protected native void onSaveInstanceState(Bundle state);
    protected native void onActivityResult(int request, int result, Intent data);
    public native void onRequestPermissionsResult(int request, String[] names, int[] results);
    public native void requestPermissions(String[] names, int request);
    public native void setContentView(int layout);
    public native <T extends View> T findViewById(int id);
    public native Intent getIntent();
    public native Window getWindow();
    public native WindowManager getWindowManager();
    public native void runOnUiThread(Runnable action);
    public native void startActivityForResult(Intent intent, int request);
}
