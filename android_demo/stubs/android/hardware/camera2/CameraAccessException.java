package android.hardware.camera2;
public class CameraAccessException extends Exception {}
