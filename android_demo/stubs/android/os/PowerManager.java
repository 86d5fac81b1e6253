package android.os;
public final class PowerManager {
    public native int getCurrentThermalStatus();
    public native void addThermalStatusListener(OnThermalStatusChangedListener listener);
    public native void removeThermalStatusListener(OnThermalStatusChangedListener listener);
    public interface OnThermalStatusChangedListener { void onThermalStatusChanged(int status); }
}
