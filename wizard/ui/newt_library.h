/* SPDX-License-Identifier: MIT */
/*
 * The functions of libnewt and S-Lang that the full screen calls. Both libraries are loaded when a screen is drawn:
 * they are a fifth of the memory of a run, and most runs (plan, apply from cloud-init, the units at boot) never draw
 * one.
 */
#ifndef VPSFIT_NEWT_LIBRARY_H
#define VPSFIT_NEWT_LIBRARY_H

#include <newt.h>
#include <slang.h>
#include <stdbool.h>

/* clang-format off */
#define NEWT_CALLS(X) \
	X(CenteredWindow) X(Cls) X(CompactButton) X(ComponentAddCallback) X(ComponentGetSize) X(DrawForm) \
	X(DrawRootText) X(Entry) X(EntryGetValue) X(EntrySetFlags) X(Finished) X(Form) X(FormAddComponent) \
	X(FormAddComponents) X(FormAddHotKey) X(FormDestroy) X(FormGetCurrent) X(FormRun) X(FormSetCurrent) \
	X(FormWatchFd) X(GetScreenSize) X(Init) X(Label) X(LabelSetColors) X(LabelSetText) X(Listbox) \
	X(ListboxAppendEntry) \
	X(ListboxGetCurrent) X(ListboxSetCurrent) X(ListboxSetEntry) X(ListboxSetWidth) X(OpenWindow) \
	X(PopHelpLine) X(PopWindowNoRefresh) X(PushHelpLine) X(Refresh) X(Resume) X(Scale) X(ScaleSet) \
	X(ScrollbarSet) X(SetColor) X(SetColors) X(SetSuspendCallback) X(Suspend) X(Textbox) X(TextboxSetText) \
	X(VerticalScrollbar)
#define SLANG_CALLS(X) \
	X(SLang_ungetkey) X(SLsmg_reinit_smg) X(SLtt_get_screen_size) X(SLtt_initialize) X(SLtt_tgetnum)
/* clang-format on */

/*
 * newt.Init is newtInit; slang.SLtt_initialize is what its name says. Valid once newt_library_load has returned
 * true.
 */
struct newt_calls {
#define X(name) __typeof__(newt##name) *name;
	NEWT_CALLS(X)
#undef X
};
struct slang_calls {
#define X(name) __typeof__(name) *name;
	SLANG_CALLS(X)
#undef X
};

extern struct newt_calls newt;
extern struct slang_calls slang;

bool newt_library_load(void);

#endif
